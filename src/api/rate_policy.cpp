#include <latchkey/api/rate_policy.hpp>

#include <latchkey/core/text/nearest_name.hpp>

#include <algorithm>
#include <array>

namespace latchkey::api {

namespace {

constexpr std::string_view commons[] = {"/api/v1/auth/", "/integrations/", "/"};

// What can be counted where: an address everywhere, the others where a request names one.
struct limited_endpoint {
    std::string_view path;
    std::array<bool, counted_kinds> counts; ///< address, api_key, device, organization
};
constexpr limited_endpoint endpoints[] = {
    {"/api/v1/auth/verify-api-key", {true, true, false, true}},
    {"/api/v1/auth/verify-token", {true, false, false, true}},
    {"/api/v1/auth/authenticate-device", {true, false, true, true}},
    {"/api/v1/auth/generate-token", {true, true, true, true}},
    {"/api/v1/auth/verify-batch", {true, true, true, true}},
    {"/api/v1/auth/revoke", {true, true, false, true}},
    {"/forward-auth", {true, true, true, true}},
    {"/integrations/emqx", {true, true, true, true}},
    {"/integrations/rabbitmq/user", {true, false, true, true}},
    {"/integrations/rabbitmq/vhost", {true, false, true, true}},
    {"/integrations/rabbitmq/resource", {true, false, true, true}},
    {"/integrations/rabbitmq/topic", {true, false, true, true}},
    {"/oauth2/token", {true, true, true, true}},
    {"/oauth2/introspect", {true, true, false, true}},
    {"/oauth2/revoke", {true, true, true, true}},
};

constexpr std::array<std::string_view, counted_kinds> kind_names = {"address", "api_key", "device",
                                                                    "organization"};

core::failure complaint(std::string message) {
    return {core::failure_kind::invalid, std::move(message)};
}

std::string_view name_of(const limited_endpoint& endpoint) {
    const auto* common = std::ranges::find_if(
        commons, [&](std::string_view c) { return endpoint.path.starts_with(c); });
    return endpoint.path.substr(common->size());
}

const limited_endpoint* find(std::string_view name) {
    const auto is_it = [name](const limited_endpoint& e) {
        return e.path == name || name_of(e) == name;
    };
    const auto* found = std::ranges::find_if(endpoints, is_it);
    return found == std::end(endpoints) ? nullptr : found;
}

core::failure unknown_endpoint(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& e : endpoints)
        names.push_back(name_of(e));
    const auto nearest = core::nearest_name(name, names);
    auto text =
        "endpoints: \"" + std::string(name.substr(0, 80)) + "\" is no endpoint that is limited";
    if (!nearest.empty()) text += " (did you mean \"" + std::string(nearest) + "\"?)";
    text += "; expected some of";
    for (const auto& e : endpoints)
        (text += ' ') += name_of(e);
    return complaint(std::move(text));
}

core::result<std::vector<std::string_view>> paths_of(const rate_policy_configuration& given) {
    constexpr std::string_view separators = ", ";
    const auto kind = static_cast<std::size_t>(given.counts);
    std::vector<std::string_view> out;
    std::string_view rest = given.endpoints;
    for (;;) {
        rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
        if (rest.empty()) break;
        const auto name = rest.substr(0, rest.find_first_of(separators));
        rest.remove_prefix(name.size());
        const auto* found = find(name);
        if (!found) return unknown_endpoint(name);
        if (!found->counts[kind])
            return complaint("endpoints: no request to " + std::string(name_of(*found)) +
                             " names what \"" + std::string(kind_names[kind]) +
                             "\" counts; expected others");
        if (std::ranges::find(out, found->path) == out.end()) out.push_back(found->path);
    }
    if (!out.empty()) return out;
    for (const auto& e : endpoints)
        if (e.counts[kind]) out.push_back(e.path);
    return out;
}

} // namespace

bool is_policy_name(std::string_view name) noexcept {
    constexpr std::string_view marks = "-._";
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

core::result<rate_policy> make_rate_policy(const rate_policy_configuration& given) {
    if (!is_policy_name(given.name))
        return complaint("name: is missing; expected 1 to 64 letters, digits and -._");
    auto paths = paths_of(given);
    if (!paths) return paths.error();
    auto exempt = core::parse_networks(given.exempt);
    if (!exempt) return complaint("exempt: is no list of addresses and networks");
    const auto rule = core::rate_rule::make(given.quantity, given.window,
                                            given.burst > 0 ? given.burst : given.quantity);
    if (!rule)
        return complaint("quantity: is too much for its window, or its burst is; expected at most "
                         "1000000 a second, and a burst that comes back within 7 days");
    const bool has_burst = given.burst > 0 && given.burst != given.quantity;
    if (given.scope == limit_scope::fleet && has_burst)
        return complaint("burst: a limit of all nodes counts by fixed windows, in which the whole "
                         "quantity may come at once; leave burst out");
    return rate_policy{given.name,        given.counts,       *rule,
                       std::move(*paths), std::move(*exempt), given.scope};
}

} // namespace latchkey::api
