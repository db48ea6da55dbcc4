#include "server/settings/sections/table.hpp"

#include <latchkey/api/rate_policy.hpp>

#include <array>

namespace latchkey::server::settings {

namespace {

constexpr setting rows[] = {
    {"rate_limit.buckets", count(1024, 128 << 20),
     at<&configuration::rate_limit, &api::rate_limit_configuration::buckets>,
     "Callers that are counted at once, over all limits, of 8 bytes each. When there are more, "
     "those\n"
     "who used least of their limits are forgotten first; nobody is refused for it."},
};

template <auto Field>
constexpr field_access policy_at = last_at<&configuration::rate_policies, Field>;

using policy = api::rate_policy_configuration;

constexpr std::array<std::string_view, api::counted_kinds> kinds = {"address", "api_key", "device",
                                                                    "organization"};

constexpr setting policy_rows[] = {
    {"rate_limit.policies.name", text(api::is_policy_name, "1 to 64 letters, digits and -._"),
     policy_at<&policy::name>,
     "Its name in RateLimit fields and in auth_rate_limited_total. Required, and its own: counts "
     "go\n"
     "on over a reload while name, quantity, window and burst stay.",
     reloadable},
    {"rate_limit.policies.endpoints", text(is_list, "names such as \"verify-token, verify-batch\""),
     policy_at<&policy::endpoints>,
     "Endpoints that share the limit, by name or path. Empty: all under /api/v1/auth/ that can be\n"
     "counted so.",
     reloadable},
    {"rate_limit.policies.counts", choice(kinds), policy_at<&policy::counts>,
     "By what: the client's address (server.trusted_proxies; of IPv6, the network of 64 bits), "
     "the\n"
     "key or the device that is presented, good or not, or the organization of a good credential.\n"
     "A verify-batch request counts as its items; where they are too many for an address, it is\n"
     "refused as a whole, and otherwise item by item.",
     reloadable},
    {"rate_limit.policies.quantity", count(1, 1'000'000'000), policy_at<&policy::quantity>,
     "Requests in each window, at an even pace; at most a million a second.", reloadable},
    {"rate_limit.policies.window", duration(1s, 24h), policy_at<&policy::window>,
     "Time for the quantity.", reloadable},
    {"rate_limit.policies.burst", count(0, 1'000'000'000), policy_at<&policy::burst>,
     "Requests at once of who was away. 0: the quantity. It must come back within 7 days, and be\n"
     "no less than the items of a batch that is to pass.",
     reloadable},
    {"rate_limit.policies.exempt", text(is_network_list, "addresses and networks"),
     policy_at<&policy::exempt>, "Clients it does not apply to: addresses and networks.",
     reloadable},
};

} // namespace

std::span<const setting> rate_limit_section() {
    return rows;
}

repeated_table rate_policies() {
    return {
        .name = "rate_limit.policies",
        .keys = policy_rows,
        .append = [](configuration& c) { c.rate_policies.emplace_back(); },
        .count = [](const configuration& c) { return c.rate_policies.size(); },
        .same = [](const configuration& a,
                   const configuration& b) { return a.rate_policies == b.rate_policies; },
        .take = [](configuration& to,
                   const configuration& from) { to.rate_policies = from.rate_policies; },
        .help =
            "Limits: one [[rate_limit.policies]] for each, in this file alone. Who has had his\n"
            "share gets 429 with Retry-After. The older service planned this one. Turn it on\n"
            "when callers come from addresses of their own, or when server.trusted_proxies names\n"
            "the gateways before them: else all that comes through a gateway counts as one\n"
            "caller, and the gateway is throttled.",
        .example = "[[rate_limit.policies]]\n"
                   "name = \"verify-token\"\n"
                   "endpoints = \"verify-token\"\n"
                   "counts = \"address\"\n"
                   "quantity = 100\n"
                   "window = \"1m\""};
}

} // namespace latchkey::server::settings
