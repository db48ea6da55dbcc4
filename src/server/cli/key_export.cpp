#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/query_writer.hpp"

#include <string_view>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"organization", "ID", "only its keys"},
    socket_option,
    json_option,
};

// The elements of the answer's list, as they came: numbers keep their digits.
void write_lines(std::string_view body, std::ostream& out) {
    const auto begin = body.find('[') + 1;
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = begin; i < body.size(); ++i) {
        const char c = body[i];
        if (depth == 0 && (c == ',' || c == ']')) {
            if (c == ']') return;
            continue;
        }
        out << c;
        if (quoted && c == '\\') {
            out << body[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '{' || c == '[')) {
            ++depth;
        } else if (!quoted && (c == '}' || c == ']') && --depth == 0) {
            out << '\n';
        }
    }
}

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
        write_lines(answer.body, context.out);
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
