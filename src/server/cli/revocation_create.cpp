#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

#include <latchkey/core/text/json_member.hpp>

#include <array>
#include <string_view>
#include <utility>

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
    {"force", "", "revoke even if no such issuer, organization or subject is known"},
    socket_option,
    json_option,
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> members = {{
    {"token", "token_id"},
    {"subject", "subject"},
    {"organization", "organization_id"},
    {"issuer", "issuer"},
    {"issued-before", "issued_before"},
    {"expires-at", "expires_at"},
    {"reason", "reason"},
}};

int run(const command_line& line, command_context& context) {
    if (line.has("token") + line.has("subject") + line.has("organization") != 1) {
        context.err << "latchkey: name one of --token, --subject and --organization\n";
        return exit_code::usage;
    }
    std::string body;
    for (const auto& [option, name] : members)
        if (const auto given = line.get(option))
            core::append_member(body,
                                (body.empty() ? "{\"" : ",\"") + std::string(name) + "\":", *given);
    if (line.has("force")) body += R"(,"force":true)";
    return show(ask_admin(admin_socket(line, context), "/admin/v1/revocations", body + '}'), line,
                context);
}

} // namespace

const command revocation_create_command = {"revocation create", "Revokes tokens", options, run};

} // namespace latchkey::server
