#include <latchkey/server/admin_client.hpp>
#include <latchkey/server/commands.hpp>

#include <latchkey/core/json_text.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "key-id",
     .value_name = "KEY_ID",
     .help = "which one, as \"key create\" has told it",
     .required = true,
     .positional = true},
    {"reason", "TEXT", "why, for whoever asks later"},
    socket_option,
    json_option,
};

// It becomes a part of a path.
bool is_plain(std::string_view id) {
    return !id.empty() && std::ranges::all_of(id, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._~:@").find(c) != std::string_view::npos;
    });
}

int run(const command_line& line, command_context& context) {
    const auto id = *line.get("key-id");
    if (!is_plain(id)) {
        context.err << "latchkey: \"" << id << "\" is no key id; expected one such as key_...\n";
        return exit_code::usage;
    }
    std::string body = "{";
    if (const auto reason = line.get("reason")) {
        body += R"("reason":)";
        core::append_json_string(body, *reason);
    }
    body += '}';
    const auto target = "/admin/v1/api-keys/" + id + "/revoke";
    return show(ask_admin(admin_socket(line, context), target, body), line, context);
}

} // namespace

const command key_revoke_command = {"key revoke", "Revokes an API key, on every node", options,
                                    run};

} // namespace latchkey::server
