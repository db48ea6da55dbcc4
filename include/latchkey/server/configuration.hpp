#pragma once
// The whole configuration: one plain struct per room. configuration_keys.cpp holds the one table of
// keys (name, help, range, default) that reads them, checks them and writes etc/latchkey.toml.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/configuration.hpp>
#include <latchkey/pg/configuration.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

/// The process's part of section [server].
struct process_configuration {
    std::string listen = "127.0.0.1:8080"; ///< host:port, [v6]:port
    std::size_t workers = 0;               ///< 0: one per core
    std::string node;                      ///< empty: host name and port
    std::size_t connections_max = 65536;   ///< open at once, over all workers
    core::milliseconds drain_timeout{30000};
};

/// Section [admin].
struct admin_configuration {
    std::string socket = "/run/latchkey/admin.sock";
};

enum class log_format { automatic, text, json };

/// Section [log].
struct log_configuration {
    core::log_level level = core::log_level::info;
    log_format format = log_format::automatic; ///< text on a terminal, JSON lines elsewhere
};

struct configuration {
    process_configuration server;
    http::configuration http;
    auth::configuration auth;
    admin_configuration admin;
    pg::configuration database;
    log_configuration log;
};

/// Where settings come from besides the file, lowest precedence first.
struct configuration_sources {
    std::optional<std::string> file;                              ///< path of the TOML file
    std::vector<std::pair<std::string, std::string>> environment; ///< name, value
    std::vector<std::pair<std::string, std::string>> flags;       ///< "section.key", value
};

/// Defaults < file < environment < flags. Every mistake found is named, each on a line of the
/// failure's message, with file, line, key, what was expected and the nearest known key.
core::result<configuration> load_configuration(const configuration_sources&);

/// The commented reference, every key with its default: the text of etc/latchkey.toml.
std::string reference_configuration();

/// The process's environment as name/value pairs.
std::vector<std::pair<std::string, std::string>> process_environment();

} // namespace latchkey::server
