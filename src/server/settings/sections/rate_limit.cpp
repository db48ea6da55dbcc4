#include "server/settings/sections/table.hpp"

#include <latchkey/api/rate_policy.hpp>

#include <array>

namespace latchkey::server::settings {

namespace {

constexpr std::array<std::string_view, 2> unsure_names = {"closed", "local-share"};

constexpr setting rows[] = {
    {"rate_limit.buckets", count(1024, 128 << 20),
     at<&configuration::rate_limit, &api::rate_limit_configuration::buckets>,
     "Callers that can be counted at once, over all policies, with 8 bytes for each. If there are\n"
     "more, the callers that used the least of their limit are forgotten first; nobody is refused\n"
     "for that."},
    {"rate_limit.fleet_buckets", count(16, 1 << 20),
     at<&configuration::rate_limit, &api::rate_limit_configuration::fleet_buckets>,
     "Callers that limits of all nodes (scope = \"fleet\") can count at once on this node, over "
     "all\n"
     "policies and keys, with about 500 bytes for each that is in use. If there are more, further\n"
     "ones get 503."},
    {"rate_limit.when_unsure", choice(unsure_names),
     at<&configuration::rate_limit, &api::rate_limit_configuration::when_unsure>,
     "What limits of all nodes do while the database cannot be asked, and in the window in which "
     "a\n"
     "fail-over or a restart of the database lost count. First a node spends what it has leased;\n"
     "then nothing more passes and those questions get 503 (closed), or each node allows its "
     "share\n"
     "of the limit by the number of nodes that leased (local-share)."},
    {"rate_limit.lease_wait", duration(10ms, 10s),
     at<&configuration::rate_limit, &api::rate_limit_configuration::lease_wait>,
     "The longest that a request waits for a caller's first lease. After it, when_unsure counts."},
};

constexpr std::array<std::string_view, 2> scopes = {"node", "fleet"};

template <auto Field>
constexpr field_access policy_at = last_at<&configuration::rate_policies, Field>;

using policy = api::rate_policy_configuration;

constexpr std::array<std::string_view, api::counted_kinds> kinds = {"address", "api_key", "device",
                                                                    "organization"};

constexpr setting policy_rows[] = {
    {"rate_limit.policies.name", text(api::is_policy_name, "1 to 64 letters, digits and -._"),
     policy_at<&policy::name>,
     "The policy's name, in RateLimit fields and in auth_rate_limited_total. Required, and\n"
     "unique. A reload keeps the counts if name, quantity, window and burst stay the same.",
     reloadable},
    {"rate_limit.policies.endpoints", text(is_list, "names such as \"verify-token, verify-batch\""),
     policy_at<&policy::endpoints>,
     "Endpoints that share the limit, by name or path. Empty: all under /api/v1/auth/,\n"
     "/integrations/ and /oauth2/, and forward-auth, to which `counts` applies.",
     reloadable},
    {"rate_limit.policies.counts", choice(kinds), policy_at<&policy::counts>,
     "What is counted: the client's address (see server.trusted_proxies; IPv6: one /64), the\n"
     "presented key or device, good or not, or the organization of a good credential. A\n"
     "verify-batch request counts as many as it has items. By address it is refused as a whole if\n"
     "those are too many; otherwise item by item.",
     reloadable},
    {"rate_limit.policies.quantity", count(1, 1'000'000'000), policy_at<&policy::quantity>,
     "Requests in each window, at an even pace. At most a million a second.", reloadable},
    {"rate_limit.policies.window", duration(1s, 24h), policy_at<&policy::window>,
     "The time in which the quantity is allowed.", reloadable},
    {"rate_limit.policies.burst", count(0, 1'000'000'000), policy_at<&policy::burst>,
     "Requests that a caller may send at once after a pause. 0: the quantity. It must be\n"
     "available again within 7 days, and be at least the number of items of the largest batch\n"
     "that should pass.",
     reloadable},
    {"rate_limit.policies.exempt", text(is_network_list, "addresses and networks"),
     policy_at<&policy::exempt>,
     "Clients to which the policy does not apply: addresses and networks.", reloadable},
    {"rate_limit.policies.scope", choice(scopes), policy_at<&policy::scope>,
     "Whether each node counts alone, or all nodes together. Together, a window begins at a\n"
     "multiple of its length by the database's clock, and the whole quantity may come at once in\n"
     "it: burst does not apply. All nodes need the same policy.",
     reloadable},
};

} // namespace

std::span<const setting> rate_limit_section() {
    return rows;
}

repeated_table rate_policies() {
    return {
        .name = "rate_limit.policies",
        .settings = policy_rows,
        .append = [](configuration& c) { c.rate_policies.emplace_back(); },
        .count = [](const configuration& c) { return c.rate_policies.size(); },
        .same = [](const configuration& a,
                   const configuration& b) { return a.rate_policies == b.rate_policies; },
        .take = [](configuration& to,
                   const configuration& from) { to.rate_policies = from.rate_policies; },
        .help =
            "Rate limits: one [[rate_limit.policies]] for each, in this file alone. A request\n"
            "past the limit gets 429 with Retry-After. The example is the limit that the older\n"
            "service planned. Use it if callers have addresses of their own, or if\n"
            "server.trusted_proxies names the gateways before them. Otherwise everything that\n"
            "comes through a gateway counts as one caller, and the gateway is throttled.",
        .example = "[[rate_limit.policies]]\n"
                   "name = \"verify-token\"\n"
                   "endpoints = \"verify-token\"\n"
                   "counts = \"address\"\n"
                   "quantity = 100\n"
                   "window = \"1m\""};
}

} // namespace latchkey::server::settings
