#pragma once
// A connection string, taken apart and put together again with addresses in place of names: libpq
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
    /// Understands libpq's URIs and key=value strings (PQconninfoParse), with libpq's environment
    /// and service files behind them, and `secrets` in place of what was wiped of the environment.
    /// Text is UTF-8 and only a primary is taken, whatever the string says. GSSAPI encryption is
    /// tried when the string or the environment asks for it, and not by libpq's default. The
    /// failure never quotes the string.
    static core::result<connect_options> parse(std::string_view uri,
                                               std::span<const environment_secret> secrets = {});

    struct target {
        std::string host; ///< a name, an address, or a socket's folder (or empty: the default)
        std::string port;
        std::string address{}; ///< hostaddr, where the string has one: the name is not resolved
        /// Host or address, for a message.
        const std::string& text() const noexcept { return host.empty() ? address : host; }
    };
    /// In the order in which they are tried. Those with `needs_resolution` have to be given
    /// addresses before connecting.
    const std::vector<target>& targets() const noexcept { return targets_; }
    static bool needs_resolution(const target&);
    /// All but this one are forgotten.
    void keep_only(std::size_t index) { targets_ = {targets_.at(index)}; }

    /// The targets on other machines whose certificate libpq would not check against their name
    /// (sslmode below verify-full), as host or address. Whoever sits between could answer for them.
    std::vector<std::string> unverified_hosts() const;

    /// A target's addresses; an unresolved target that is not named here is left out. The host
    /// names stay for certificate checks.
    struct address {
        target where;
        std::string hostaddr; ///< empty: the target's own, or no name to resolve
    };

    /// Keywords and values for PQconnectStartParams, each ended by a null. Valid while `this` is
    /// and until the next call.
    struct arguments {
        std::vector<const char*> keywords;
        std::vector<const char*> values;
    };
    arguments with_addresses(const std::vector<address>&);
    /// The same with names, for who may block until libpq has resolved them.
    arguments with_names();

    /// Whether the string itself holds a password. False for what is no connection string.
    static bool holds_password(std::string_view uri);

  private:
    std::string_view setting(std::string_view keyword) const;

    std::vector<std::pair<std::string, std::string>> settings_; ///< but host, hostaddr and port
    std::vector<target> targets_;
    std::string hosts_;
    std::string addresses_;
    std::string ports_;
};

/// A variable of the environment in which libpq looks for a secret.
struct secret_variable {
    std::string keyword;  ///< "password"
    std::string variable; ///< "PGPASSWORD"
};
/// As libpq's own table has them.
std::vector<secret_variable> secret_variables();

} // namespace latchkey::pg
