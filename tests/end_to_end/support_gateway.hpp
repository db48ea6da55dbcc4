#pragma once
// A real gateway between a client and an upstream of ours, which asks a real Latchkey. The suite of
// a gateway writes its configuration (gateway_kind) and runs the scenarios of all gateways.

#include "../support/certificates.hpp"
#include "cached_keys.hpp"
#include "support_upstream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latchkey::test {

/// A program in the foreground. Its output is in a file. The destructor ends it: SIGTERM, and
/// SIGKILL for one that stays.
class child_process {
  public:
    child_process(const std::vector<std::string>& command, std::string log_file);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    pid_t pid() const noexcept { return pid_; }
    std::string log() const;
    /// SIGKILL, at once.
    void kill();

  private:
    std::string log_file_;
    pid_t pid_;
};

/// What a gateway's configuration is made of.
///
/// It protects these places, each with all that is below it (/devices as well), and hands every
/// request on to the upstream with its path as it is:
///   /devices/  scope=devices:read&organization=ours
///   /any/      any good credential of any organization
///   /token/    token=1: the upstream gets a token of ours
///   /open/     is not protected, like everything else
/// Everywhere an upgrade to WebSocket, a body of 20 MB and 20 KB of cookies may pass.
struct gateway_order {
    std::string folder;         ///< of this gateway alone
    int port = 0;               ///< where it listens, on 127.0.0.1
    int latchkey_port = 0;      ///< on 127.0.0.1; the certificate says "localhost" and 127.0.0.1
    int upstream_port = 0;      ///< on 127.0.0.1
    std::string authority_file; ///< who vouches for Latchkey's certificate; empty: plain HTTP
    std::string caller_key;     ///< for X-Latchkey-Key; empty: none
    /// Latchkey is soon to be stopped: wait for its answer for half a second, not as shipped.
    bool hurries = false;
    std::string file(const std::string& name) const { return folder + "/" + name; }
};

/// How the gateways differ.
struct gateway_kind {
    /// Writes the configuration into the folder. Returns the command that runs the gateway in the
    /// foreground.
    std::function<std::vector<std::string>(const gateway_order&)> configure;
    /// How many connections to Latchkey 40 requests, one after another, may take.
    int connections_for_40 = 1;
    /// How many bytes of cookies one request may have.
    std::size_t cookie_bytes = 20'000;
    /// A refusal is sent before the request's body has come.
    bool refuses_at_once = true;
};

struct site_options {
    bool secured = false;          ///< Latchkey speaks TLS
    bool callers_required = false; ///< the gateway has a key of the organization "ours"
    std::string toml{};            ///< further sections of Latchkey's configuration
};

/// What takes the place of a server that was killed.
class restarted_latchkey {
  public:
    /// Kills it, whether it is the first one or was started again.
    void kill(server_process& first);
    /// Starts it again, with the same configuration and port.
    void restart(server_process& first, const std::string& log);

  private:
    std::unique_ptr<child_process> again_;
};

/// Latchkey with two organizations ("ours", "theirs") and their credentials, an upstream, and a
/// gateway between.
class gateway_site {
  public:
    explicit gateway_site(gateway_kind, site_options = {});
    ~gateway_site() { kill_latchkey(); }

    /// Asks the gateway, from 127.0.0.`host`, on a connection of its own.
    answer ask(const std::string& bytes, int host = 1) const;
    /// GET `target`, with further fields.
    answer ask_for(std::string_view target, std::string_view fields = {}, int host = 1) const {
        return ask(get(target, fields), host);
    }
    /// Asks until it is not 503: on a busy machine, Latchkey itself may not decide in time.
    answer decided(const std::string& bytes, int host = 1) const;
    answer decided_for(std::string_view target, std::string_view fields = {}, int host = 1) const {
        return decided(get(target, fields), host);
    }
    /// A connection to the gateway. What goes over it is held against no description of ours.
    client connect(int host = 1) const { return unwatched(port_.number(), host); }
    /// Starts the gateway anew, and waits until it answers. `change` the order before.
    void start_gateway(const std::function<void(gateway_order&)>& change = {});
    /// Starts another gateway in its place.
    void start_gateway(gateway_kind);

    /// The status to a good question about /devices/.
    int status_of_good() const { return ask_for("/devices/x", bearer(our_key)).status; }
    void kill_latchkey() { again_.kill(*latchkey); }
    void restart_latchkey() { again_.restart(*latchkey, folder.file("latchkey-again")); }
    double metric_of_latchkey(const std::string& name) const { return metric(*latchkey, name); }

    static std::string bearer(const std::string& credential) {
        return "Authorization: Bearer " + credential + "\r\n";
    }
    static std::string x_api_key(const std::string& key) { return "X-API-Key: " + key + "\r\n"; }
    static std::string basic(const std::string& id, const std::string& secret);
    static client unwatched(int port, int host = 1);

    gateway_kind kind;
    const temporary_folder folder;
    migrated_database database;
    std::optional<certificate_authority> authority; ///< of Latchkey's certificate
    std::unique_ptr<server_process> latchkey;
    upstream_server upstream;
    std::unique_ptr<child_process> gateway;

    std::string our_key, our_key_id; ///< devices:read devices:write
    std::string our_token;           ///< made from our_key
    std::string weak_key;            ///< ours, with no scopes
    std::string limited_key;         ///< ours, devices:read, 2 requests an hour
    std::string bound_key;           ///< ours, devices:read, from 127.0.0.7 alone
    std::string their_key;           ///< devices:read
    std::string gateways_key;        ///< ours, latchkey:verify
    std::string device_secret;       ///< of our device "door", devices:read
    std::string unknown_key;         ///< of the right shape, in no table

  private:
    void start_latchkey(const site_options&);
    void make_credentials();

    reserved_port port_;
    std::string caller_key_;
    int started_ = 0;
    restarted_latchkey again_;
};

/// A story that every gateway's suite tells.
struct gateway_scenario {
    const char* name;
    void (*run)(gateway_site&);
};

/// Latchkey is well, plain HTTP, and asks nobody who he is.
std::span<const gateway_scenario> scenarios_of_credentials();
std::span<const gateway_scenario> scenarios_of_requests();
/// Latchkey is slow, away, and comes back. To be run in this order.
std::span<const gateway_scenario> scenarios_of_faults();
/// For a site with `secured` and `callers_required`.
std::span<const gateway_scenario> scenarios_of_callers();

/// Runs all of them on one site.
void run_all(std::span<const gateway_scenario>, gateway_site&);

} // namespace latchkey::test
