#pragma once
// The program's commands. Data goes to `out`, messages for people go to `err`; the exit code says
// how it went.

#include "server/cli/command_line.hpp"
#include "server/cli/exit_code.hpp"
#include "server/settings/configuration.hpp"

#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

struct command_context {
    std::ostream& out;
    std::ostream& err;
    std::vector<std::pair<std::string, std::string>> environment;
    std::istream& in = std::cin;
};

extern const command serve_command;
extern const command migrate_command;
extern const command check_config_command;
extern const command doctor_command;
extern const command reference_config_command;
extern const command version_command;
extern const command status_command;
extern const command reload_command;
extern const command org_create_command;
extern const command key_create_command;
extern const command key_revoke_command;
extern const command key_import_command;
extern const command key_export_command;
extern const command device_register_command;
extern const command device_list_command;
extern const command device_show_command;
extern const command device_rotate_command;
extern const command device_revoke_command;
extern const command device_import_command;
extern const command device_rehash_command;
extern const command node_list_command;
extern const command revocation_create_command;
extern const command revocation_list_command;
extern const command revocation_delete_command;
extern const command signing_key_list_command;
extern const command signing_key_rotate_command;
extern const command verify_jws_command;

std::span<const command> commands();

/// Parses the words, and explains or runs the command. `words` do not have the program's name.
/// Returns the exit code.
int run_latchkey(std::span<const std::string_view> words, command_context&);

/// Returns the version, such as "0.1.0".
std::string_view version();

// --- Shared by the commands that need the configuration ---

inline constexpr const char* default_file = "/etc/latchkey/latchkey.toml";
inline constexpr option config_option = {
    "config", "FILE", "the TOML file; without it, /etc/latchkey/latchkey.toml if it exists"};
inline constexpr option set_option = {.name = "set",
                                      .value_name = "SETTING=VALUE",
                                      .help = "one setting for this start",
                                      .repeatable = true};
inline constexpr option json_option = {"json", "", "print compact JSON"};

/// Returns the sources that --config, --set, --listen, --workers and the environment name.
core::result<configuration_sources> sources_from(const command_line&, const command_context&);

/// Returns the configuration. If it has mistakes, prints them, sets `exit_code` and returns
/// nullopt.
std::optional<configuration> configured(const command_line&, command_context&, int& exit_code);

} // namespace latchkey::server
