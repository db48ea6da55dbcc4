#pragma once
// The whole configuration: one plain struct per room, whose initial values are the defaults.
// sections/ has the one table of settings (name, range, help) that is used to read and check them
// and to write etc/latchkey.toml.

#include "server/settings/secret_file.hpp"

#include <latchkey/api/configuration.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/core/trace/tracer.hpp>
#include <latchkey/crypto/secret.hpp>
#include <latchkey/http/configuration.hpp>
#include <latchkey/http/request_log.hpp>
#include <latchkey/net/configuration.hpp>
#include <latchkey/pg/configuration.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

/// The process's part of section [server].
struct process_configuration {
    std::string listen = "127.0.0.1:8080"; ///< listen_places, separated by commas
    std::string socket_mode = "0660";      ///< mode of unix sockets, octal
    std::string proxy_protocol;            ///< listeners that expect it, separated by commas
    core::milliseconds proxy_protocol_timeout{5000}; ///< from accept to the header's end
    std::size_t proxy_protocol_bytes_max = 4096;
    std::size_t workers = 0;                     ///< 0: one per core
    std::string node;                            ///< empty: host name and port
    std::size_t connections_max = 65536;         ///< open at once, over all workers
    std::size_t connections_per_address_max = 0; ///< 0: no such limit
    core::milliseconds drain_timeout{30000};
    core::milliseconds start_wait{2000};       ///< time to become ready, with a passed socket
    core::milliseconds check_interval{60'000}; ///< pause between two examinations (doctor)
    bool world_readable_secrets = false; ///< whether files with secrets may be open to all users
};

/// Section [admin].
struct admin_configuration {
    std::string socket = "/run/latchkey/admin.sock";
    std::string listen;               ///< TCP listen_places, separated by commas; may be empty
    std::size_t connections_max = 64; ///< over TCP
    std::size_t requests_max = 8;     ///< in progress over TCP
    std::size_t answer_bytes_max = 8u << 20; ///< of one answer over TCP
    std::size_t wrong_keys_max = 10;         ///< of one address in a minute
    core::milliseconds wait_max{10'000};     ///< for the nodes to apply a change (?wait=all)
    std::size_t waits_max = 64;              ///< answers that wait for that
};

enum class log_format { automatic, text, json };

/// Section [log].
struct log_configuration {
    core::log_level level = core::log_level::info;
    log_format format = log_format::automatic; ///< text on a terminal, JSON lines elsewhere
    std::size_t requests_one_in = 0;           ///< of good requests; 0: none has a line
    std::size_t requests_max = 1000;           ///< lines of requests in a second, per worker
    std::size_t items_max = 100;               ///< lines about the items of one batch

    /// At level debug each request has a line.
    http::request_log_terms requests() const noexcept {
        return {.one_in = level == core::log_level::debug ? 1 : requests_one_in,
                .lines_max = requests_max,
                .items_max = items_max,
                .begins = level};
    }
};

/// A variable of the environment that has no effect.
struct unheeded_variable {
    std::string name;
    std::string why;
    std::string mend;

    bool operator==(const unheeded_variable&) const = default;
};

/// Section [tracing].
struct tracing_configuration {
    std::string endpoint;   ///< of a collector (OTLP/HTTP); empty: nothing is recorded
    crypto::secret headers; ///< "name=value,name=value"
    core::trace_sampler sampler = core::trace_sampler::parentbased_always_on;
    std::string ratio = "1"; ///< for the samplers by ratio
    std::string service_name = "latchkey";
    std::string attributes; ///< of the resource: "name=value,name=value"
    std::string ca_file;    ///< empty: the system's authorities
    core::milliseconds timeout{10'000};
    core::milliseconds delay{5'000}; ///< between two exports
    std::size_t batch_max = 512;     ///< spans in one export
    std::size_t queue_max = 2048;    ///< spans that wait
};

struct configuration {
    process_configuration server;
    http::configuration http;
    api::batch_configuration batches;
    api::rate_limit_configuration rate_limit;
    std::vector<api::rate_policy_configuration> rate_policies;
    net::tls_configuration tls;
    auth::configuration auth;
    api::caller_configuration callers;
    std::vector<api::known_caller_configuration> known_callers;
    api::forward_configuration forward;
    api::broker_configuration brokers;
    std::vector<api::forward_policy_configuration> forward_policies;
    auth::scrypt_configuration scrypt;
    auth::cache_configuration cache;
    auth::token_configuration tokens;
    auth::use_configuration use;
    std::vector<auth::issuer_configuration> issuers;
    admin_configuration admin;
    pg::configuration database;
    core::breaker_configuration breaker;
    log_configuration log;
    tracing_configuration tracing;
    std::vector<exposed_file> exposed; ///< files with secrets that are named by the environment
    std::vector<unheeded_variable> unheeded;
};

/// A setting from the command line: `--set server.workers=2`, or a shortcut such as `--workers 2`.
struct given_flag {
    std::string flag;    ///< "--set", "--workers": as mistakes name it
    std::string setting; ///< "server.workers"
    std::string value;
};

/// Where settings come from besides the defaults, lowest precedence first.
struct configuration_sources {
    std::optional<std::string> file;                              ///< path of the TOML file
    std::vector<std::pair<std::string, std::string>> environment; ///< name, value
    std::vector<given_flag> flags;
};

/// Reads all sources: defaults < file < environment < flags. A failure's message has a line for
/// each mistake: the file and line, variable or flag, the setting, what is wrong, what is expected,
/// and the nearest known setting. Blocks: it reads files.
core::result<configuration> load_configuration(const configuration_sources&);

/// The commented reference, every setting with its default: the text of etc/latchkey.toml.
std::string reference_configuration();

/// Returns the process's environment as name/value pairs.
std::vector<std::pair<std::string, std::string>> process_environment();

/// Overwrites the values of secret settings, and of libpq's secrets (PGPASSWORD), in the process's
/// own environment, so that /proc/PID/environ does not show them. A configuration that was loaded
/// before keeps them. Call it before there are other threads.
void wipe_secret_variables();

} // namespace latchkey::server
