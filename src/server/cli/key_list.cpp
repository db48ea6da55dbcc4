#include "server/cli/commands.hpp"
#include "server/cli/json_slice.hpp"
#include "server/cli/key_filters.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/pages.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/json/parse.hpp>

#include <istream>

namespace latchkey::server {

namespace {

constexpr option list_options[] = {
    organization_filter, name_filter,  external_id_filter, unused_filter,
    expiring_filter,     state_filter, limit_option,       cursor_option,
    socket_option,       quiet_option, json_option,
};
constexpr option show_options[] = {socket_option, json_option};

int run_list(const command_line& line, command_context& context) {
    query_writer query(line, context.now);
    add_key_filters(query);
    const auto text = query.finish();
    if (!text) return refuse(context, text.error().message);
    return show_list(api_keys_list, *text, line, context);
}

// Asks whose a whole key is. The key stays here: its hash is sent.
int show_by_key(const command_line& line, command_context& context) {
    std::string key;
    std::getline(context.in, key);
    while (key.ends_with('\r') || key.ends_with(' '))
        key.pop_back();
    if (key.empty()) return refuse(context, "standard input has no key: expected one, on a line");
    const auto hash = crypto::to_hex(crypto::sha256(key));
    auto answer = ask(line, context, {"GET", "/admin/v1/api-keys?key_hash=" + hash});
    if (answer.exit_code == exit_code::ok) {
        const auto found = elements_text(member_text(answer.body, "api_keys"));
        boost::json::error_code error;
        const auto parsed = boost::json::parse({found.data(), found.size()}, error);
        if (found.empty())
            return refuse(context, "there is no such key: nobody here has it, or it is deleted");
        if (error || !parsed.is_object()) // there is more than one
            return show_rows(api_keys_list, answer, line, context);
        answer.body = std::string(found);
    }
    return show(answer, line, context);
}

int run_show(const command_line& line, command_context& context) {
    if (*line.argument == "-") return show_by_key(line, context);
    return show_object(api_key_object, line, context);
}

} // namespace

const command key_list_command = {.name = "key list",
                                  .summary = "Lists the API keys",
                                  .options = list_options,
                                  .run = run_list,
                                  .example =
                                      "latchkey key list --organization acme --expiring 14d"};
const command key_show_command = {
    .name = "key show",
    .summary = "Shows one API key; with -, the one that standard input holds whole",
    .options = show_options,
    .run = run_show,
    .argument = "KEY_ID",
    .example = "echo \"$API_KEY\" | latchkey key show -"};

} // namespace latchkey::server
