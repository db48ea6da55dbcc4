#include "server/cli/commands.hpp"
#include "server/cli/object_request.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option update_options[] = {
    {"name", "NAME", "its new name"},
    {"external-id", "ID", "your own id for its holder; '' for none"},
    {"scopes", "A,B", "the scopes that are granted, in place of all others; '' for none"},
    {"metadata", "JSON", "a JSON object that verifications return; '' for none"},
    {"allowed-ips", "A,B", "addresses and networks that it may be used from; '' for all"},
    {"expires-in", "90d", "how long it lives from now on"},
    {"expires-at", "TIME", "when it expires, such as 2027-01-01T00:00:00Z"},
    {"no-expiry", "", "it does not expire"},
    {"rate-limit", "100/1m", "how often it may be verified"},
    {"rate-burst", "N", "how many of these may come at once; without it, all"},
    {.name = "rate-limit-scope",
     .value_name = "SCOPE",
     .help = "who counts: each node by itself (as without it), or the whole fleet together",
     .values = "node|fleet"},
    {"no-rate-limit", "", "it has no limit of its own"},
    wait_option,
    socket_option,
    json_option,
};
constexpr option rotate_options[] = {
    {"overlap", "24h", "how long the old key stays good; without it, a day"},
    {"finish", "", "make no new key: end the old one of the last rotation now"},
    wait_option,
    idempotency_option,
    socket_option,
    quiet_secret_option,
    json_option,
};
constexpr option enable_options[] = {socket_option, json_option};
constexpr option disable_options[] = {wait_option, socket_option, json_option};

int run_update(const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::create_api_key;
    if (line.has("expires-in") + line.has("expires-at") + line.has("no-expiry") > 1)
        return refuse(context, "give one of --expires-in, --expires-at and --no-expiry");
    if (line.has("rate-limit") && line.has("no-rate-limit"))
        return refuse(context, "give one of --rate-limit and --no-rate-limit");
    request_writer body(line);
    body.text("name", fields.name("name"));
    if (!body.clears("external-id", fields.name("external_id")))
        body.text("external-id", fields.name("external_id"));
    body.list_or_none("scopes", fields.name("scopes"));
    if (!body.clears("metadata", fields.name("metadata")))
        body.object("metadata", fields.name("metadata"));
    if (!body.clears("allowed-ips", fields.name("allowed_ips")))
        body.list("allowed-ips", fields.name("allowed_ips"));
    body.seconds("expires-in", fields.name("expires_in"));
    body.text("expires-at", "expires_at");
    body.null("no-expiry", "expires_at");
    body.rate("rate-limit", "rate-burst", "rate-limit-scope", fields.name("rate_limit"));
    body.null("no-rate-limit", fields.name("rate_limit"));
    return patch_object(api_key_object, body, line, context);
}

int run_rotate(const command_line& line, command_context& context) {
    if (line.has("overlap") && line.has("finish"))
        return refuse(context, "give one of --overlap and --finish");
    request_writer body(line);
    body.seconds("overlap", "overlap", 0);
    body.flag("finish", "finish");
    return post_for_secret(api_key_object, "rotate", body, "api_key", line, context);
}

int run_enable(const command_line& line, command_context& context) {
    return enable_object(api_key_object, true, line, context);
}

int run_disable(const command_line& line, command_context& context) {
    return enable_object(api_key_object, false, line, context);
}

} // namespace

const command key_update_command = {
    .name = "key update",
    .summary = "Changes an API key; what is not named stays as it is",
    .options = update_options,
    .run = run_update,
    .argument = "KEY_ID",
    .example = "latchkey key update \"$KEY_ID\" --scopes invoices:read --expires-in 30d"};
const command key_rotate_command = {
    .name = "key rotate",
    .summary = "Makes a new key in place of an old one, which stays good for a while",
    .options = rotate_options,
    .run = run_rotate,
    .argument = "KEY_ID",
    .example = "latchkey key rotate \"$KEY_ID\" --overlap 24h"};
const command key_enable_command = {.name = "key enable",
                                    .summary = "Enables an API key that was disabled",
                                    .options = enable_options,
                                    .run = run_enable,
                                    .argument = "KEY_ID",
                                    .example = "latchkey key enable \"$KEY_ID\""};
const command key_disable_command = {.name = "key disable",
                                     .summary = "Disables an API key until it is enabled again",
                                     .options = disable_options,
                                     .run = run_disable,
                                     .argument = "KEY_ID",
                                     .example = "latchkey key disable \"$KEY_ID\" --wait all"};

} // namespace latchkey::server
