#include "server/cli/commands.hpp"
#include "server/cli/json_slice.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/query_writer.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <set>

namespace latchkey::server {

namespace {

namespace json = boost::json;

constexpr option options[] = {
    {"since", "TIME", "from then on: a time, or how long ago, such as 2d"},
    {"until", "TIME", "what was before then"},
    {"actor", "ACTOR", "what this caller did: a key's id, a certificate's name, a uid"},
    {"action", "ACTION", "what was done, such as api_key.revoke"},
    {"object", "ID", "what was done to this key, device, organization or other object"},
    {"organization", "ID", "what concerns an organization"},
    {.name = "order",
     .value_name = "ORDER",
     .help = "desc: the latest first; asc: the oldest first",
     .values = "asc|desc"},
    {.name = "follow",
     .value_name = "",
     .help = "go on, and print what happens from now on (or --since); ended by Ctrl-C",
     .letter = 'f'},
    limit_option,
    cursor_option,
    socket_option,
    quiet_option,
    json_option,
};

constexpr auto poll_interval = core::seconds(1);
constexpr const char* rows_max = "200"; // of a poll

core::result<std::string> query_of(const command_line& line, core::real_time now) {
    query_writer query(line, now);
    query.time("since", "since");
    query.time("until", "until");
    query.text("actor", "actor");
    query.text("action", "action");
    query.text("object", "object_id");
    query.text("organization", "organization_id");
    if (!line.has("follow")) query.text("order", "order");
    return query.finish();
}

// Asks again and again for what came behind the last cursor; at once while more is there, though a
// page may have had no event to show. While the server names no further cursor, the same page is
// read again, and what was printed of it is passed over.
class follower {
  public:
    follower(const command_line& line, command_context& context, std::string query)
        : line_(line),
          context_(context),
          query_(std::move(query)),
          table_(context.out, context.terminal, std::nullopt, audit_events_list.columns) {}

    int run() {
        const auto place = admin_socket(line_, context_);
        for (;;) {
            auto target =
                std::string(audit_events_list.target) + query_ + "&order=asc&limit=" + rows_max;
            if (!cursor_.empty()) target += "&cursor=" + cursor_;
            const auto answer = ask_admin(place, target);
            if (answer.exit_code != exit_code::ok) return show(answer, line_, context_);
            const bool more = print(answer.body);
            if (!context_.out.flush()) return exit_code::unavailable;
            if (!more && !context_.pause(poll_interval)) return exit_code::ok;
        }
    }

  private:
    // Returns whether more is there already.
    bool print(const std::string& body) {
        const auto answer = json::parse(body);
        json::array fresh;
        std::set<std::string> on_page;
        for (const auto& event : answer.at("audit_events").as_array()) {
            auto id = text_of(event.at("event_id"));
            if (!seen_.contains(id)) fresh.push_back(event);
            on_page.insert(std::move(id));
        }
        if (!fresh.empty()) print(fresh);
        const auto next = next_cursor(body);
        const bool more = !next.empty() && next != cursor_ && has_more(body);
        if (!next.empty()) cursor_ = next;
        seen_ = std::move(on_page);
        return more;
    }
    void print(const json::array& events) {
        if (!line_.has("json") && !line_.has("quiet")) return table_.print(events);
        for (const auto& event : events)
            context_.out << (line_.has("json") ? json::serialize(event)
                                               : text_of(event.at("event_id")))
                         << '\n';
    }

    const command_line& line_;
    command_context& context_;
    const std::string query_;
    std::string cursor_;
    std::set<std::string> seen_; ///< ids on the last page
    table_printer table_;
};

int run(const command_line& line, command_context& context) {
    auto query = query_of(line, context.now);
    if (!query) return refuse(context, query.error().message);
    if (!line.has("follow")) return show_list(audit_events_list, *query, line, context);
    for (const std::string_view option : {"until", "order", "limit", "cursor"})
        if (line.has(option))
            return refuse(context, "--" + std::string(option) + " does not go with --follow");
    if (!line.has("since")) {
        query_writer since(line, context.now);
        since.given("since", core::rfc3339_of(context.now));
        *query = *since.finish() + (query->empty() ? "" : '&' + query->substr(1));
    }
    return follower(line, context, *query).run();
}

} // namespace

const command audit_list_command = {.name = "audit list",
                                    .summary = "Lists who changed what, and when",
                                    .options = options,
                                    .run = run,
                                    .example =
                                        "latchkey audit list --since 2d --organization acme"};

} // namespace latchkey::server
