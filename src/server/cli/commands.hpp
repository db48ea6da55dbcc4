#pragma once
// The program's commands. Data goes to `out`, messages for people go to `err`; the exit code says
// how it went.

#include "server/cli/command_line.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/terminal.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/core/clock.hpp>

#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

/// Blocks for the time, and returns true.
bool sleep_for(core::milliseconds);

struct command_context {
    std::ostream& out;
    std::ostream& err;
    std::vector<std::pair<std::string, std::string>> environment;
    std::istream& in = std::cin;
    terminal_traits terminal{};
    core::real_time now = std::chrono::system_clock::now(); ///< the start of the command
    /// Waits between two questions of a command that goes on (--follow). False: it ends.
    std::function<bool(core::milliseconds)> pause = sleep_for;
};

extern const command serve_command;
extern const command setup_command;
extern const command migrate_command;
extern const command accept_database_command;
extern const command check_config_command;
extern const command doctor_command;
extern const command reference_config_command;
extern const command openapi_command;
extern const command version_command;
extern const command status_command;
extern const command reload_command;
extern const command issuer_refresh_command;
extern const command org_create_command;
extern const command org_list_command;
extern const command org_show_command;
extern const command org_update_command;
extern const command org_enable_command;
extern const command org_disable_command;
extern const command key_create_command;
extern const command key_list_command;
extern const command key_show_command;
extern const command key_update_command;
extern const command key_rotate_command;
extern const command key_enable_command;
extern const command key_disable_command;
extern const command key_revoke_command;
extern const command key_import_command;
extern const command key_export_command;
extern const command credits_show_command;
extern const command credits_set_command;
extern const command credits_add_command;
extern const command credits_remove_command;
extern const command credits_list_command;
extern const command usage_list_command;
extern const command device_register_command;
extern const command device_create_command;
extern const command device_list_command;
extern const command device_show_command;
extern const command device_update_command;
extern const command device_rotate_command;
extern const command device_enable_command;
extern const command device_disable_command;
extern const command device_revoke_command;
extern const command device_import_command;
extern const command device_export_command;
extern const command device_rehash_command;
extern const command role_create_command;
extern const command role_list_command;
extern const command role_show_command;
extern const command role_update_command;
extern const command role_delete_command;
extern const command role_grant_command;
extern const command role_ungrant_command;
extern const command role_grants_command;
extern const command token_revoke_command;
extern const command revocation_create_command;
extern const command revocation_list_command;
extern const command revocation_delete_command;
extern const command signing_key_list_command;
extern const command signing_key_rotate_command;
extern const command audit_list_command;
extern const command node_list_command;
extern const command caller_whoami_command;
extern const command capacity_command;
extern const command verify_jws_command;
extern const command completion_command;
extern const command man_page_command;

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
