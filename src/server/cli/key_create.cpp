#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/request_writer.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "organization", .value_name = "ID", .help = "whose key it is", .required = true},
    {.name = "name", .value_name = "NAME", .help = "its name", .required = true},
    {"scopes", "A,B", "what it may be used for"},
    {"expires-in", "90d", "how long it is good; without it, until revoked"},
    {"external-id", "ID", "your own name for its holder"},
    {"metadata", "JSON", "an object that verifications answer with"},
    {"allowed-ips", "A,B", "addresses and networks it may be used from; without it, any"},
    {"rate-limit", "100/1m", "how often it may be verified; without it, as often as it comes"},
    {"rate-burst", "N", "of that, how many at once; without it, all"},
    {"env", "live|test", "the key's prefix; live without it"},
    socket_option,
    json_option,
};

core::result<std::string> request(const command_line& line) {
    request_writer body(line);
    body.text("organization", "organization_id");
    body.text("name", "name");
    body.text("external-id", "external_id");
    body.text("env", "env");
    body.list("scopes", "scopes");
    body.list("allowed-ips", "allowed_ips");
    body.seconds("expires-in", "expires_in");
    body.object("metadata", "metadata");
    body.rate("rate-limit", "rate-burst", "rate_limit");
    return body.finish();
}

int run(const command_line& line, command_context& context) {
    const auto body = request(line);
    if (!body) {
        context.err << "latchkey: " << body.error().message << '\n';
        return exit_code::usage;
    }
    const auto answer = ask_admin(admin_socket(line, context), "/admin/v1/api-keys", *body);
    if (answer.exit_code == exit_code::ok)
        context.err << "The api_key is shown once, now: keep it where its user finds it.\n";
    return show(answer, line, context);
}

} // namespace

const command key_create_command = {"key create", "Makes an API key and shows it once", options,
                                    run};

} // namespace latchkey::server
