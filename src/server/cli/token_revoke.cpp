#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/request_writer.hpp"
#include "server/cli/table.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/crypto/jws.hpp>

#include <istream>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"id", "JTI", "the token's \"jti\", if the token itself is not at hand"},
    {"issuer", "ISS", "with --id: its issuer; without it, this service (tokens.issuer)"},
    {"expires-at", "TIME",
     "with --id: when it expires; without it, the longest time that a token may live"},
    {"reason", "TEXT", "the reason, which is stored with the revocation"},
    {"force", "", "revoke even if no such issuer is known"},
    wait_option,
    idempotency_option,
    socket_option,
    quiet_option,
    json_option,
};

constexpr const auto& fields = api::admin_requests::revoke_tokens;

// Adds what names the token. Its signature is not checked: whoever may revoke tokens may name any.
std::optional<std::string> name_token(const std::string& text, request_writer& body) {
    auto token = crypto::unverified_token::read(text);
    if (!token || !token->read_claims({}))
        return "standard input has no token (a JWT): expected one, on a line";
    const auto& claims = token->unverified_claims();
    const auto id = text_at(claims, "jti");
    if (id.empty())
        return "the token has no \"jti\", by which one token is revoked; \"revocation create\" "
               "revokes all of a subject";
    body.given(fields.name("token_id"), id);
    const auto issuer = text_at(claims, "iss");
    if (!issuer.empty()) body.given(fields.name("issuer"), issuer);
    const auto* end = claims.if_contains("exp");
    constexpr double end_max = 9e9; // the year 2255; a clock of nanoseconds ends soon after
    if (!end || !end->is_number() || end->to_number<double>() < 0 ||
        end->to_number<double>() > end_max)
        return std::nullopt;
    const core::seconds since_epoch(static_cast<long long>(end->to_number<double>()));
    body.given(fields.name("expires_at"), core::rfc3339_of(core::real_time(since_epoch)));
    return std::nullopt;
}

std::string line_of(std::istream& in) {
    std::string text;
    std::getline(in, text);
    while (text.ends_with('\r') || text.ends_with(' '))
        text.pop_back();
    return text;
}

int run(const command_line& line, command_context& context) {
    if (line.argument.has_value() == line.has("id"))
        return refuse(context, "name one token: - reads it from standard input, --id names its "
                               "\"jti\"");
    request_writer body(line);
    if (line.argument) {
        if (*line.argument != "-")
            return refuse(context, "every user of this machine can see a command's words: give "
                                   "the token on standard input, and - in its place");
        for (const std::string_view option : {"issuer", "expires-at"})
            if (line.has(option))
                return refuse(context, "--" + std::string(option) + " goes with --id");
        if (const auto wrong = name_token(line_of(context.in), body))
            return refuse(context, *wrong);
    }
    body.text("id", fields.name("token_id"));
    body.text("issuer", fields.name("issuer"));
    body.text("expires-at", fields.name("expires_at"));
    body.text("reason", fields.name("reason"));
    body.flag("force", fields.name("force"));
    return show(ask(line, context, {"POST", "/admin/v1/revocations", *body.finish()}), line,
                context);
}

} // namespace

const command token_revoke_command = {
    .name = "token revoke",
    .summary = "Revokes one token, which standard input holds (-) or --id names",
    .options = options,
    .run = run,
    .argument = "[-]",
    .example = "echo \"$TOKEN\" | latchkey token revoke - --reason leaked"};

} // namespace latchkey::server
