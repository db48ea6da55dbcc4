#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/json_slice.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/query_writer.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"organization", "ID", "only its keys"},
    socket_option,
};

int run(const command_line& line, command_context& context) {
    const auto socket = admin_socket(line, context);
    query_writer query(line, context.now);
    query.given("limit", "1000");
    query.text("organization", "organization_id");
    const auto asked = query.finish();
    if (!asked) return refuse(context, asked.error().message);
    const auto target = "/admin/v1/api-keys/export" + *asked;
    std::string cursor;
    do {
        const auto page = cursor.empty() ? target : target + "&cursor=" + cursor;
        const auto answer = ask_admin(socket, page);
        if (answer.exit_code != exit_code::ok) {
            context.err << "latchkey: the export is not complete: " << answer.complaint << '\n';
            return answer.exit_code;
        }
        for (const auto key : elements_of(member_text(answer.body, "api_keys")))
            context.out << key << '\n';
        cursor = next_cursor(answer.body);
    } while (!cursor.empty());
    context.out.flush();
    if (context.out) return exit_code::ok;
    context.err << "latchkey: the export cannot be written\n";
    return exit_code::unavailable;
}

} // namespace

const command key_export_command = {
    .name = "key export",
    .summary = "Writes API keys with their hashes as JSON lines, which key import reads",
    .options = options,
    .run = run,
    .example = "latchkey key export --organization acme >keys.jsonl"};

} // namespace latchkey::server
