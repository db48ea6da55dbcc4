#include "server/cli/organization_credentials.hpp"

#include "server/cli/commands.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/query_writer.hpp"

#include <boost/json/parse.hpp>

#include <optional>

namespace latchkey::server {

namespace {

// Returns nullopt, and sets `failed`, if a page cannot be had.
std::optional<std::size_t> count(const list_kind& kind, const std::string& query,
                                 const admin_place& place, admin_answer& failed) {
    const auto target = std::string(kind.target) + query;
    std::size_t rows = 0;
    std::string cursor;
    do {
        const auto page = ask_admin(place, cursor.empty() ? target : target + "&cursor=" + cursor);
        if (page.exit_code != exit_code::ok) {
            failed = page;
            return std::nullopt;
        }
        const auto answer = boost::json::parse(page.body);
        rows += answer.at(kind.member).as_array().size();
        const auto next = next_cursor(page.body);
        cursor = next == cursor ? "" : next;
    } while (!cursor.empty());
    return rows;
}

} // namespace

int show_credential_counts(const std::string& organization, const command_line& line,
                           command_context& context) {
    if (!may_be_an_id(organization))
        return refuse(context, '"' + organization + "\" is no ORGANIZATION_ID");
    const auto place = admin_socket(line, context);
    auto answer = ask_admin(place, std::string(organization_object.path) + organization);
    if (answer.exit_code != exit_code::ok) return show(answer, line, context);
    query_writer query(line, context.now);
    query.given("organization_id", organization);
    query.given("state", "active");
    query.given("limit", "1000");
    const auto keys = count(api_keys_list, *query.finish(), place, answer);
    if (!keys) return show(answer, line, context);
    const auto devices = count(devices_list, *query.finish(), place, answer);
    if (!devices) return show(answer, line, context);
    if (line.has("json"))
        context.out << R"({"dry_run":true,"active_keys":)" << *keys << R"(,"active_devices":)"
                    << *devices << "}\n";
    else
        context.out << "active keys     " << *keys << "\nactive devices  " << *devices << '\n';
    return exit_code::ok;
}

} // namespace latchkey::server
