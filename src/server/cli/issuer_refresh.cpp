#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/request_writer.hpp"

#include <latchkey/api/admin_requests.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

namespace json = boost::json;

constexpr option options[] = {socket_option, quiet_option, json_option};

bool has_all(const std::string& body) {
    const auto read = json::parse(body);
    return std::ranges::all_of(read.at("issuers").as_array(),
                               [](const auto& one) { return one.at("fetched").as_bool(); });
}

int run(const command_line& line, command_context& context) {
    request_writer body(line);
    if (line.argument)
        body.given(api::admin_requests::refresh_issuers.name("issuer"), *line.argument);
    const auto answer = ask(line, context, {"POST", "/admin/v1/issuers/refresh", *body.finish()});
    const auto code = show_rows(refreshed_issuers_list, answer, line, context);
    if (code != exit_code::ok) return code;
    return has_all(answer.body) ? exit_code::ok : exit_code::unavailable;
}

} // namespace

const command issuer_refresh_command = {
    .name = "issuer refresh",
    .summary = "Fetches the published keys of an issuer (ISS as in its tokens), or of all, at once",
    .options = options,
    .run = run,
    .argument = "[ISS]",
    .example = "latchkey issuer refresh"};

} // namespace latchkey::server
