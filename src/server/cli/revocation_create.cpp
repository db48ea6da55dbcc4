#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/confirm.hpp"
#include "server/cli/organization_credentials.hpp"
#include "server/cli/request_writer.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"token", "JTI", "one token, by its \"jti\""},
    {"subject", "SUB", "all tokens of a subject"},
    {"organization", "ID", "all tokens of an organization, of every issuer"},
    {"issuer", "ISS",
     "the issuer of the token or subject; without it, this service (tokens.issuer)"},
    {"issued-before", "TIME",
     "only tokens issued before then, such as 2027-01-01T00:00:00Z; without it, before now"},
    {"expires-at", "TIME",
     "when that token expires; without it, the longest time that a token may live"},
    {"reason", "TEXT", "the reason, which is stored with the revocation"},
    {"dry-run", "",
     "with --organization: change nothing, and count the keys and devices that may hold tokens"},
    {"force", "", "revoke even if no such issuer, organization or subject is known"},
    yes_option,
    wait_option,
    idempotency_option,
    socket_option,
    quiet_option,
    json_option,
};

// Counts, or asks whether it is meant. Returns nullopt if it is.
std::optional<int> before_all_end(const std::string& organization, const command_line& line,
                                  command_context& context) {
    if (line.has("dry-run")) return show_credential_counts(organization, line, context);
    return unless_meant(line, context,
                        "This ends all tokens of the organization \"" + organization +
                            "\" that were issued before " +
                            line.get("issued-before").value_or("now") +
                            "; --dry-run counts their holders.");
}

int run(const command_line& line, command_context& context) {
    if (line.has("token") + line.has("subject") + line.has("organization") != 1)
        return refuse(context, "name one of --token, --subject and --organization");
    if (line.has("dry-run") && !line.has("organization"))
        return refuse(context, "--dry-run goes with --organization");
    if (const auto organization = line.get("organization"))
        if (const auto code = before_all_end(*organization, line, context)) return *code;
    constexpr const auto& fields = api::admin_requests::revoke_tokens;
    request_writer body(line);
    body.text("token", fields.name("token_id"));
    body.text("subject", fields.name("subject"));
    body.text("organization", fields.name("organization_id"));
    body.text("issuer", fields.name("issuer"));
    body.text("issued-before", fields.name("issued_before"));
    body.text("expires-at", fields.name("expires_at"));
    body.text("reason", fields.name("reason"));
    body.flag("force", fields.name("force"));
    return show(ask(line, context, {"POST", "/admin/v1/revocations", *body.finish()}), line,
                context);
}

} // namespace

const command revocation_create_command = {
    .name = "revocation create",
    .summary = "Revokes tokens",
    .options = options,
    .run = run,
    .example = "latchkey revocation create --subject \"$KEY_ID\" --reason leaked"};

} // namespace latchkey::server
