#pragma once
// A connection string, parsed, and put together again with addresses in place of host names: libpq
// resolves names with a blocking call.

#include <latchkey/core/result.hpp>
#include <latchkey/pg/configuration.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::pg {

class connect_options {
  public:
    /// Parses libpq's URIs and key=value strings (PQconninfoParse). Libpq's environment and service
    /// files give what the string leaves out; `secrets` stand in for the variables that were wiped
    /// from the environment. The encoding is always UTF-8 and only a primary is accepted, whatever
    /// the string says. GSSAPI encryption is tried only when the string or the environment asks for
    /// it. Fails when the string cannot be parsed; the message never quotes it.
    static core::result<connect_options> parse(std::string_view uri,
                                               std::span<const environment_secret> secrets = {});

    struct target {
        std::string host; ///< a name, an address, a socket's folder, or empty for the default
        std::string port;
        std::string address{}; ///< hostaddr, if the string has one: the name is not resolved then
        /// Returns the host or the address, for a message.
        const std::string& text() const noexcept { return host.empty() ? address : host; }
    };
    /// The targets in the order in which they are tried. Those with `needs_resolution` must be
    /// given addresses before connecting.
    const std::vector<target>& targets() const noexcept { return targets_; }
    static bool needs_resolution(const target&);
    /// Forgets all targets but this one.
    void keep_only(std::size_t index) { targets_ = {targets_.at(index)}; }

    /// Returns, as host or address, the targets on other machines whose certificate libpq would not
    /// check against their name (sslmode below verify-full). An attacker on the way could answer
    /// for them.
    std::vector<std::string> unverified_hosts() const;

    /// One address of a target. Targets that are left out of the list are not tried. The host names
    /// stay for certificate checks.
    struct address {
        target where;
        std::string hostaddr; ///< empty: the target's own, or it needs no resolution
    };

    /// Keywords and values for PQconnectStartParams, each list ended by a null pointer. Valid until
    /// the next call and while this object lives.
    struct arguments {
        std::vector<const char*> keywords;
        std::vector<const char*> values;
    };
    arguments with_addresses(const std::vector<address>&);
    /// The same with host names, for callers that may block while libpq resolves them.
    arguments with_names();

    /// Returns whether the string itself holds a password; false if it is no connection string.
    static bool holds_password(std::string_view uri);

  private:
    std::string_view setting(std::string_view keyword) const;

    std::vector<std::pair<std::string, std::string>> settings_; ///< all but host, hostaddr and port
    std::vector<target> targets_;
    std::string hosts_;
    std::string addresses_;
    std::string ports_;
};

/// An environment variable in which libpq looks for a secret.
struct secret_variable {
    std::string keyword;  ///< "password"
    std::string variable; ///< "PGPASSWORD"
};
/// Returns the secret variables of libpq's own table.
std::vector<secret_variable> secret_variables();

} // namespace latchkey::pg
