#include "server/cli/key_adoption.hpp"

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/progress.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace latchkey::server {

namespace {

constexpr const auto& fields = api::admin_requests::adopt_api_keys;

std::string request(const command_line& line, const std::string& cursor) {
    std::string out = R"({"limit":1000)";
    const auto text = [&](std::string_view name, std::string_view value) {
        out += ",\"" + std::string(name) + "\":";
        core::append_json_string(out, value);
    };
    if (const auto id = line.get("organization")) text(fields.name("organization_id"), *id);
    if (!cursor.empty()) text(fields.name("cursor"), cursor);
    if (line.has("dry-run")) out += ",\"" + std::string(fields.name("dry_run")) + "\":true";
    return out + '}';
}

struct totals {
    std::size_t adopted = 0;
    std::size_t busy = 0;
    std::string stripped; ///< JSON objects
};

void count(const boost::json::object& page, totals& all, command_context& context) {
    all.adopted += page.at("adopted").to_number<std::size_t>();
    all.busy += page.at("busy").to_number<std::size_t>();
    for (const auto& one : page.at("stripped").as_array()) {
        const auto text = boost::json::serialize(one);
        context.err << "key " << one.at("key_id").as_string().c_str() << " keeps no "
                    << boost::json::serialize(one.at("scopes"))
                    << ": such scopes are given by operators who hold them\n";
        all.stripped += (all.stripped.empty() ? "" : ",") + text;
    }
}

void tell(const command_line& line, const totals& all, command_context& context) {
    const bool dry_run = line.has("dry-run");
    if (line.has("json"))
        context.out << R"({"dry_run":)" << (dry_run ? "true" : "false") << R"(,"adopted":)"
                    << all.adopted << R"(,"busy":)" << all.busy << R"(,"stripped":[)"
                    << all.stripped << "]}\n";
    else
        context.out << (dry_run ? "would adopt  " : "adopted  ") << all.adopted << '\n';
    if (all.busy > 0)
        context.err << "latchkey: " << all.busy
                    << " keys were being written by others and were left: run it again\n";
}

} // namespace

int adopt_keys(const command_line& line, command_context& context) {
    const auto socket = admin_socket(line, context);
    progress shown(context.err);
    totals all;
    std::string cursor;
    do {
        const auto answer = ask_admin(socket, "/admin/v1/api-keys/adopt", request(line, cursor));
        shown.clear();
        if (answer.exit_code != exit_code::ok) {
            context.err << "latchkey: after " << all.adopted << " keys: " << answer.complaint
                        << '\n';
            return answer.exit_code;
        }
        count(boost::json::parse(answer.body).as_object(), all, context);
        cursor = next_cursor(answer.body);
        shown.show(std::to_string(all.adopted) + " keys");
    } while (!cursor.empty());
    shown.clear();
    tell(line, all, context);
    return all.busy > 0 ? exit_code::unavailable : exit_code::ok;
}

} // namespace latchkey::server
