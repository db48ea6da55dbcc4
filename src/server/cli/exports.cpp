// Keys and devices as JSON lines, which the import commands read.
#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/json_slice.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/query_writer.hpp"

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

struct export_kind {
    std::string_view target; ///< "/admin/v1/api-keys/export"
    std::string_view member; ///< of the answer: "api_keys"
};

constexpr option key_options[] = {
    {"organization", "ID", "only its keys"},
    socket_option,
};
constexpr option device_options[] = {
    {"organization", "ID", "only its devices"},
    socket_option,
};

// Names what stays behind. Returns whether there is anything.
bool tell_skipped(const std::string& page, command_context& context) {
    const auto skipped = elements_of(member_text(page, "skipped"));
    for (const auto text : skipped) {
        const auto one = boost::json::parse(text);
        context.err << "latchkey: device \"" << text_of(one.at("device_id"))
                    << "\" is not exported: " << text_of(one.at("why")) << '\n';
    }
    return !skipped.empty();
}

int write_lines(const export_kind& kind, const command_line& line, command_context& context) {
    const auto socket = admin_socket(line, context);
    query_writer query(line, context.now);
    query.given("limit", "1000");
    query.text("organization", "organization_id");
    const auto asked = query.finish();
    if (!asked) return refuse(context, asked.error().message);
    const auto target = std::string(kind.target) + *asked;
    std::string cursor;
    bool is_complete = true;
    do {
        const auto page = cursor.empty() ? target : target + "&cursor=" + cursor;
        const auto answer = ask_admin(socket, page);
        if (answer.exit_code != exit_code::ok) {
            context.err << "latchkey: the export is not complete: " << answer.complaint << '\n';
            return answer.exit_code;
        }
        for (const auto one : elements_of(member_text(answer.body, kind.member)))
            context.out << one << '\n';
        if (tell_skipped(answer.body, context)) is_complete = false;
        cursor = next_cursor(answer.body);
    } while (!cursor.empty());
    context.out.flush();
    if (context.out) return is_complete ? exit_code::ok : exit_code::usage;
    context.err << "latchkey: the export cannot be written\n";
    return exit_code::unavailable;
}

int export_keys(const command_line& line, command_context& context) {
    return write_lines({"/admin/v1/api-keys/export", "api_keys"}, line, context);
}
int export_devices(const command_line& line, command_context& context) {
    return write_lines({"/admin/v1/devices/export", "devices"}, line, context);
}

} // namespace

const command key_export_command = {
    .name = "key export",
    .summary = "Writes API keys with their hashes as JSON lines, which key import reads",
    .options = key_options,
    .run = export_keys,
    .example = "latchkey key export --organization acme >keys.jsonl"};

const command device_export_command = {
    .name = "device export",
    .summary = "Writes devices with their hashed secrets as JSON lines, which device import reads",
    .options = device_options,
    .run = export_devices,
    .example = "latchkey device export --organization acme >devices.jsonl"};

} // namespace latchkey::server
