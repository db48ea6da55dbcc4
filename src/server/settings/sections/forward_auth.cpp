#include "server/settings/sections/table.hpp"

#include <latchkey/api/forward_policy.hpp>
#include <latchkey/api/rate_policy.hpp>

namespace latchkey::server::settings {

namespace {

using policy = api::forward_policy_configuration;

template <auto Field>
constexpr field_access policy_at = last_at<&configuration::forward_policies, Field>;

constexpr setting rows[] = {
    {"forward_auth.name", text(api::is_policy_name, "1 to 64 letters, digits and -._"),
     policy_at<&policy::name>, "The policy is at /forward-auth/@NAME, and below that. Required.",
     reloadable},
    {"forward_auth.scopes", text(is_list, "scopes such as \"devices:read, devices:write\""),
     policy_at<&policy::scopes>, "All of these must be granted.", reloadable},
    {"forward_auth.permissions", text(is_short_text, "at most 1024 bytes"),
     policy_at<&policy::permissions>,
     "What must be granted, too: names joined by AND, OR and parentheses.", reloadable},
    {"forward_auth.audience", text(is_short_text, "at most 1024 bytes"),
     policy_at<&policy::audience>,
     "Must be in a token's \"aud\". Empty: one that its issuer's entry accepts.", reloadable},
    {"forward_auth.organization", text(is_short_text, "ids between commas, at most 1024 bytes"),
     policy_at<&policy::organization>,
     "The organizations whose credentials may pass, as the database spells their ids. Empty: "
     "every\n"
     "organization's.",
     reloadable},
    {"forward_auth.cost", count(1, api::forward_policy::cost_max), policy_at<&policy::cost>,
     "How much a request takes of an API key's own limit.", reloadable},
    {"forward_auth.token", flag(), policy_at<&policy::token>,
     "Whether the answer has a short-lived token of ours for the upstream, in X-Latchkey-Token.",
     reloadable},
};

} // namespace

repeated_table forward_policies() {
    return {
        .name = "forward_auth",
        .settings = rows,
        .append = [](configuration& c) { c.forward_policies.emplace_back(); },
        .count = [](const configuration& c) { return c.forward_policies.size(); },
        .same = [](const configuration& a,
                   const configuration& b) { return a.forward_policies == b.forward_policies; },
        .take = [](configuration& to,
                   const configuration& from) { to.forward_policies = from.forward_policies; },
        .help =
            "What gateways demand by name: one [[forward_auth]] for each, in this file alone. A\n"
            "gateway that appends its client's path and query to the address (Envoy) must use\n"
            "one of these; the query is ignored there.",
        .example = "[[forward_auth]]\n"
                   "name = \"devices\"\n"
                   "scopes = \"devices:read\"\n"
                   "organization = \"org_acme\""};
}

} // namespace latchkey::server::settings
