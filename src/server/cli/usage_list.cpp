#include "server/cli/commands.hpp"
#include "server/cli/json_slice.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/query_writer.hpp"

#include <latchkey/core/text/rfc3339.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"since", "DAY",
     "from this day of UTC on, or so long ago, such as 30d; without it, this month"},
    {"until", "DAY", "before this day"},
    {"organization", "ID", "of an organization"},
    {"key", "KEY_ID", "of a key"},
    {"owner", "EXTERNAL_ID", "of all keys with this external id, and of the owner's credits"},
    {.name = "by",
     .value_name = "WHAT",
     .help = "sums for each key, owner or day; without it, each key's on each day",
     .values = "key|owner|day"},
    limit_option,
    cursor_option,
    socket_option,
    quiet_option,
    json_option,
};

// A day stays as it is, so that the server says what is wrong with it; "30d" is the day so long
// ago.
void add_day(query_writer& query, const command_line& line, std::string_view option,
             core::real_time now) {
    const auto value = line.get(option);
    if (!value) return;
    if (value->size() == 10 && (*value)[4] == '-') return query.given(option, *value);
    query_writer ago(line, now);
    ago.time(option, option);
    const auto text = ago.finish();
    const auto equals = text ? text->find('=') : std::string::npos;
    if (equals == std::string::npos) return query.given(option, *value);
    query.given(option, text->substr(equals + 1, 10));
}

int run(const command_line& line, command_context& context) {
    query_writer query(line, context.now);
    add_day(query, line, "since", context.now);
    add_day(query, line, "until", context.now);
    query.text("organization", "organization_id");
    query.text("key", "key_id");
    query.text("owner", "external_id");
    query.text("by", "by");
    const auto text = query.finish();
    if (!text) return refuse(context, text.error().message);
    const auto code = show_list(usage_rows_list, *text, line, context);
    if (code != exit_code::ok) return code;
    const auto answer = ask(line, context, {"GET", "/admin/v1/usage?limit=1"});
    if (answer.exit_code == exit_code::ok && member_text(answer.body, "counted") == "false")
        context.err << "latchkey: this node counts no uses: use.enabled is false there\n";
    return code;
}

} // namespace

const command usage_list_command = {
    .name = "usage list",
    .summary = "Lists how much was used of which key, by day",
    .options = options,
    .run = run,
    .example = "latchkey usage list --since 30d --organization acme --by owner"};

} // namespace latchkey::server
