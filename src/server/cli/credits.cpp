// `latchkey credits …`: of a key, which the argument names, or of an owner, which --organization
// and
// --owner name.
#include "server/cli/commands.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/query_writer.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option organization_option = {"organization", "ID", "the owner's organization"};
constexpr option owner_option = {"owner", "EXTERNAL_ID",
                                 "in place of KEY_ID: all keys with this external id together"};

constexpr option show_options[] = {organization_option, owner_option, socket_option, json_option};
constexpr option set_options[] = {
    {"remaining", "N", "what may still be spent, what nodes hold included"},
    {"refill", "N", "what is left becomes this, if that is more; goes with --every"},
    {"every", "30d", "how often it is refilled"},
    {"no-refill", "", "it is refilled no more"},
    organization_option,
    owner_option,
    wait_option,
    socket_option,
    json_option,
};
constexpr option add_options[] = {
    {.name = "amount", .value_name = "N", .help = "how many credits", .required = true},
    organization_option,
    owner_option,
    idempotency_option,
    socket_option,
    json_option,
};
constexpr option remove_options[] = {organization_option, owner_option, wait_option, socket_option,
                                     json_option};
constexpr option list_options[] = {
    {"organization", "ID", "those of an organization"},
    {"owner", "EXTERNAL_ID", "those of the owner with this external id, and of its keys"},
    limit_option,
    cursor_option,
    socket_option,
    quiet_option,
    json_option,
};

// Where the account is, or what is wrong with the command line.
core::result<std::string> target_of(const command_line& line, command_context& context) {
    const auto wrong = [](const char* why) {
        return core::failure{core::failure_kind::invalid, why};
    };
    if (line.argument) {
        if (line.has("owner") || line.has("organization"))
            return wrong("name a KEY_ID, or an owner with --organization and --owner");
        return std::string(api_key_object.path) + *line.argument + "/credits";
    }
    if (!line.has("owner") || !line.has("organization"))
        return wrong("whose credits? Name a KEY_ID, or an owner with --organization and --owner");
    query_writer query(line, context.now);
    query.text("organization", "organization_id");
    query.text("owner", "external_id");
    const auto text = query.finish();
    if (!text) return text.error();
    return "/admin/v1/owner-credits" + *text;
}

int run_on_account(std::string_view method, const std::string& body, const command_line& line,
                   command_context& context) {
    if (line.argument)
        if (const auto code = refuse_id(line, context, api_key_object.argument)) return *code;
    const auto target = target_of(line, context);
    if (!target) return refuse(context, target.error().message);
    return show(ask(line, context, {std::string(method), *target, body}), line, context);
}

int run_show(const command_line& line, command_context& context) {
    return run_on_account("GET", {}, line, context);
}

int run_set(const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::set_credits;
    if (line.has("refill") && line.has("no-refill"))
        return refuse(context, "give one of --refill and --no-refill");
    request_writer body(line);
    body.count("remaining", fields.name("remaining"));
    body.refill("refill", "every", fields.name("refill"));
    body.null("no-refill", fields.name("refill"));
    if (body.is_empty())
        return refuse(context, "nothing is to be changed: name --remaining, --refill or "
                               "--no-refill");
    const auto text = body.finish();
    if (!text) return refuse(context, text.error().message);
    return run_on_account("PATCH", *text, line, context);
}

int run_add(const command_line& line, command_context& context) {
    request_writer body(line);
    body.count("amount", api::admin_requests::add_credits.name("amount"));
    const auto text = body.finish();
    if (!text) return refuse(context, text.error().message);
    return run_on_account("POST", *text, line, context);
}

int run_remove(const command_line& line, command_context& context) {
    return run_on_account("DELETE", {}, line, context);
}

int run_list(const command_line& line, command_context& context) {
    query_writer query(line, context.now);
    query.text("organization", "organization_id");
    query.text("owner", "external_id");
    const auto text = query.finish();
    if (!text) return refuse(context, text.error().message);
    return show_list(credit_accounts_list, *text, line, context);
}

} // namespace

const command credits_show_command = {
    .name = "credits show",
    .summary = "Shows what a key, or the keys of an owner, may still spend",
    .options = show_options,
    .run = run_show,
    .argument = "[KEY_ID]",
    .example = "latchkey credits show \"$KEY_ID\""};
const command credits_set_command = {
    .name = "credits set",
    .summary = "Gives a key or an owner credits, or changes them; what is not named stays",
    .options = set_options,
    .run = run_set,
    .argument = "[KEY_ID]",
    .example = "latchkey credits set --organization acme --owner customer-7 --remaining 10000 "
               "--refill 10000 --every 30d"};
const command credits_add_command = {.name = "credits add",
                                     .summary = "Adds credits to those of a key or an owner",
                                     .options = add_options,
                                     .run = run_add,
                                     .argument = "[KEY_ID]",
                                     .example = "latchkey credits add \"$KEY_ID\" --amount 500"};
const command credits_remove_command = {
    .name = "credits remove",
    .summary = "Takes the credits of a key or an owner away: its uses cost nothing then",
    .options = remove_options,
    .run = run_remove,
    .argument = "[KEY_ID]",
    .example = "latchkey credits remove \"$KEY_ID\""};
const command credits_list_command = {.name = "credits list",
                                      .summary = "Lists the credits of keys and owners",
                                      .options = list_options,
                                      .run = run_list,
                                      .example = "latchkey credits list --organization acme"};

} // namespace latchkey::server
