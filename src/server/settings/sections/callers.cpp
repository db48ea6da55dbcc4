#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

using caller = api::known_caller_configuration;

template <auto Field>
constexpr field_access caller_at = last_at<&configuration::known_callers, Field>;

constexpr setting rows[] = {
    {"callers.certificate",
     text(is_certificate_name, "a URI or a DNS name, such as \"spiffe://example/gateway\""),
     caller_at<&caller::certificate>,
     "The URI or DNS name, among the alternative names of its certificate, by which the caller is\n"
     "known (tls.client_certificates). Exactly one of certificate and unix_listener is required.",
     reloadable},
    {"callers.unix_listener", text(is_unix_place, "unix:/path, as in server.listen"),
     caller_at<&caller::unix_listener>,
     "The unix socket, unix:/path, whose clients are this caller: whoever can open it. Without an\n"
     "entry, a unix socket makes nobody a caller.",
     reloadable},
    {"callers.scopes", text(is_list, "scopes such as \"latchkey:verify, latchkey:metrics\""),
     caller_at<&caller::scopes>,
     "What it may: latchkey:verify, latchkey:issue, latchkey:introspect, latchkey:revoke,\n"
     "latchkey:admin:read, latchkey:admin:write (each for its organization alone, or with :* "
     "behind\n"
     "it for all), latchkey:metrics.",
     reloadable},
    {"callers.organization", text(is_short_text, "at most 1024 bytes"),
     caller_at<&caller::organization>,
     "The organization that it belongs to, as the database spells its id. Required if a scope is\n"
     "for one organization.",
     reloadable},
};

} // namespace

repeated_table known_callers() {
    return {.name = "callers",
            .settings = rows,
            .append = [](configuration& c) { c.known_callers.emplace_back(); },
            .count = [](const configuration& c) { return c.known_callers.size(); },
            .same = [](const configuration& a,
                       const configuration& b) { return a.known_callers == b.known_callers; },
            .take = [](configuration& to,
                       const configuration& from) { to.known_callers = from.known_callers; },
            .help =
                "Callers that are known without a key of ours: one [[callers]] for each, in this\n"
                "file alone. A key in X-Latchkey-Key goes before them.",
            .example = "[[callers]]\n"
                       "certificate = \"spiffe://example/gateway\"\n"
                       "scopes = \"latchkey:verify:*, latchkey:metrics\""};
}

} // namespace latchkey::server::settings
