#include <latchkey/server/admin_client.hpp>
#include <latchkey/server/commands.hpp>

#include <latchkey/auth/api_key.hpp>
#include <latchkey/core/json_text.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"reason", "TEXT", "why; it is kept with the key"}, socket_option, json_option};

// It becomes a part of a path as it is.
bool may_be_a_key_id(std::string_view id) {
    return std::ranges::none_of(id, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' ||
               std::string_view("/?#%").find(c) != std::string_view::npos;
    });
}

// Empty, when all is well. A key is not repeated where others may read it.
std::string complaint_about(const std::string& id) {
    if (auth::classify_api_key(id) == auth::api_key_shape::own)
        return "this is a key itself: name its KEY_ID, which \"key create\" and verifications tell";
    if (!may_be_a_key_id(id)) return '"' + id + "\" is no KEY_ID";
    return {};
}

int run(const command_line& line, command_context& context) {
    const auto& id = *line.argument;
    if (const auto wrong = complaint_about(id); !wrong.empty()) {
        context.err << "latchkey: " << wrong << '\n';
        return exit_code::usage;
    }
    std::string body = "{";
    if (const auto reason = line.get("reason")) {
        body += R"("reason":)";
        core::append_json_string(body, *reason);
    }
    body += '}';
    return show(
        ask_admin(admin_socket(line, context), "/admin/v1/api-keys/" + id + "/revoke", body), line,
        context);
}

} // namespace

const command key_revoke_command = {"key revoke", "Revokes an API key for good", options, run,
                                    "KEY_ID"};

} // namespace latchkey::server
