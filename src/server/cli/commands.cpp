#include "server/cli/commands.hpp"

#include <array>
#include <filesystem>
#include <thread>

namespace latchkey::server {

std::span<const command> commands() {
    static const std::array all = {serve_command,
                                   setup_command,
                                   migrate_command,
                                   accept_database_command,
                                   check_config_command,
                                   doctor_command,
                                   reference_config_command,
                                   openapi_command,
                                   version_command,
                                   status_command,
                                   reload_command,
                                   org_create_command,
                                   org_list_command,
                                   org_show_command,
                                   org_update_command,
                                   org_enable_command,
                                   org_disable_command,
                                   key_create_command,
                                   key_list_command,
                                   key_show_command,
                                   key_update_command,
                                   key_rotate_command,
                                   key_enable_command,
                                   key_disable_command,
                                   key_revoke_command,
                                   key_import_command,
                                   key_export_command,
                                   credits_show_command,
                                   credits_set_command,
                                   credits_add_command,
                                   credits_remove_command,
                                   credits_list_command,
                                   usage_list_command,
                                   device_register_command,
                                   device_create_command,
                                   device_list_command,
                                   device_show_command,
                                   device_update_command,
                                   device_rotate_command,
                                   device_enable_command,
                                   device_disable_command,
                                   device_revoke_command,
                                   device_import_command,
                                   device_export_command,
                                   device_rehash_command,
                                   role_create_command,
                                   role_list_command,
                                   role_show_command,
                                   role_update_command,
                                   role_delete_command,
                                   role_grant_command,
                                   role_ungrant_command,
                                   role_grants_command,
                                   token_revoke_command,
                                   revocation_create_command,
                                   revocation_list_command,
                                   revocation_delete_command,
                                   signing_key_list_command,
                                   signing_key_rotate_command,
                                   audit_list_command,
                                   node_list_command,
                                   issuer_refresh_command,
                                   caller_whoami_command,
                                   capacity_command,
                                   verify_jws_command,
                                   completion_command,
                                   man_page_command};
    return all;
}

bool sleep_for(core::milliseconds time) {
    std::this_thread::sleep_for(time);
    return true;
}

int run_latchkey(std::span<const std::string_view> words, command_context& context) {
    // `--version` is an old habit, so it works as well.
    static constexpr std::string_view version_words[] = {"version"};
    if (words.size() == 1 && words[0] == "--version") words = version_words;

    // Whoever looks for them below the key or the owner finds them as well.
    if (words.size() > 2 && words[1] == "credits" && (words[0] == "key" || words[0] == "owner"))
        words = words.subspan(1);

    const auto line = parse_command_line(words, commands());
    if (!line) {
        context.err << "latchkey: " << line.error().message << "\n\"latchkey help\" lists the "
                    << "commands, \"latchkey COMMAND --help\" the options of a command.\n";
        return exit_code::usage;
    }
    if (!line->help) return line->command->run(*line, context);
    context.out << (line->command ? help_text(*line->command)
                                  : overview_text(commands(), line->group));
    return exit_code::ok;
}

core::result<configuration_sources> sources_from(const command_line& line,
                                                 const command_context& context) {
    configuration_sources out;
    out.file = line.get("config");
    std::error_code unseen;
    if (!out.file && std::filesystem::exists(default_file, unseen)) out.file = default_file;
    out.environment = context.environment;
    for (const auto& given : line.all("set")) {
        const auto equals = given.find('=');
        if (equals == std::string::npos)
            return core::failure{core::failure_kind::invalid,
                                 "--set needs a value: --set section.key=value"};
        out.flags.push_back({"--set", given.substr(0, equals), given.substr(equals + 1)});
    }
    // They come after --set, so that they win over it.
    if (const auto listen = line.get("listen"))
        out.flags.push_back({"--listen", "server.listen", *listen});
    if (const auto workers = line.get("workers"))
        out.flags.push_back({"--workers", "server.workers", *workers});
    return out;
}

std::optional<configuration> configured(const command_line& line, command_context& context,
                                        int& exit_code) {
    const auto sources = sources_from(line, context);
    if (!sources) {
        context.err << "latchkey: " << sources.error().message << '\n';
        exit_code = exit_code::usage;
        return std::nullopt;
    }
    auto loaded = load_configuration(*sources);
    if (loaded) return std::move(*loaded);
    context.err << loaded.error().message << '\n';
    exit_code = exit_code::configuration;
    return std::nullopt;
}

} // namespace latchkey::server
