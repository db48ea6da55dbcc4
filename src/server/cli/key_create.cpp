#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/object_request.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "organization",
     .value_name = "ID",
     .help = "the organization that the key belongs to",
     .required = true},
    {.name = "name", .value_name = "NAME", .help = "its name", .required = true},
    {"scopes", "A,B", "the scopes that are granted"},
    {"roles", "A,B", "roles of the organization, by their names"},
    {"expires-in", "90d", "its lifetime; without it, until it is revoked"},
    {"external-id", "ID", "your own id for its holder"},
    {"metadata", "JSON", "a JSON object that verifications return"},
    {"allowed-ips", "A,B", "addresses and networks that it may be used from; without it, all"},
    {"rate-limit", "100/1m", "how often it may be verified; without it, there is no limit"},
    {"rate-burst", "N", "how many of these may come at once; without it, all"},
    {.name = "rate-limit-scope",
     .value_name = "SCOPE",
     .help = "who counts: each node by itself (as without it), or the whole fleet together",
     .values = "node|fleet"},
    {"credits", "N", "how much its uses may cost; without it, they cost nothing"},
    {"refill", "N", "what is left of the credits becomes this, if that is more"},
    {"every", "30d", "how often they are refilled"},
    {"env", "live|test", "the key's prefix, lk_live_ or lk_test_; without it, live"},
    idempotency_option,
    socket_option,
    quiet_secret_option,
    json_option,
};

core::result<std::string> request(const command_line& line) {
    constexpr const auto& fields = api::admin_requests::create_api_key;
    request_writer body(line);
    body.text("organization", fields.name("organization_id"));
    body.text("name", fields.name("name"));
    body.text("external-id", fields.name("external_id"));
    body.text("env", fields.name("env"));
    body.list("scopes", fields.name("scopes"));
    body.list("roles", fields.name("roles"));
    body.list("allowed-ips", fields.name("allowed_ips"));
    body.seconds("expires-in", fields.name("expires_in"));
    body.object("metadata", fields.name("metadata"));
    body.rate("rate-limit", "rate-burst", "rate-limit-scope", fields.name("rate_limit"));
    body.credits("credits", fields.name("credits"));
    return body.finish();
}

int run(const command_line& line, command_context& context) {
    const auto body = request(line);
    if (!body) return refuse(context, body.error().message);
    const auto answer = ask(line, context, {"POST", "/admin/v1/api-keys", *body});
    say_shown_once(answer, "api_key", context);
    return show(answer, line, context);
}

} // namespace

const command key_create_command = {
    .name = "key create",
    .summary = "Makes an API key and shows it once",
    .options = options,
    .run = run,
    .example = "latchkey key create --organization acme --name billing --scopes invoices:read "
               "--expires-in 90d"};

} // namespace latchkey::server
