#include <latchkey/api/forward_policy.hpp>

#include "api/forward/demand_parameters.hpp"

#include <latchkey/api/rate_policy.hpp>
#include <latchkey/auth/token/issue_token.hpp>
#include <latchkey/core/text/ascii.hpp>
#include <latchkey/core/text/form_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::api {

namespace {

constexpr auto parameters = demand_parameters.names();

core::failure wrong(std::string what) {
    return {core::failure_kind::invalid, std::move(what)};
}

// Appends the parts of a list that are not empty.
void append_parts(std::string_view list, std::string_view separators,
                  std::vector<std::string>& out) {
    while (!list.empty()) {
        const auto end = std::min(list.find_first_of(separators), list.size());
        const auto part = core::trimmed(list.substr(0, end));
        if (!part.empty()) out.emplace_back(part);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

bool audience_fits(std::string_view text) {
    return !text.empty() && text.size() <= auth::token_issuer::audience_length_max;
}

std::optional<std::uint64_t> read_cost(std::string_view text) {
    std::int64_t n = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, n);
    if (read.ec != std::errc() || read.ptr != end || n < 1 || n > forward_policy::cost_max)
        return std::nullopt;
    return static_cast<std::uint64_t>(n);
}

// Takes one parameter. Returns what is wrong with its value, or an empty text.
std::string_view take(forward_policy& out, std::string_view name, std::string value) {
    if (name == "scope") {
        append_parts(value, " ,", out.scopes);
        return out.scopes.empty() ? "scopes between spaces" : "";
    }
    if (name == "permissions") {
        out.permissions = std::move(value);
        return auth::permission_expression().read(out.permissions) ? "names joined by AND and OR"
                                                                   : "";
    }
    if (name == "audience") {
        if (!audience_fits(value)) return "1 to 1024 bytes";
        out.audience = std::move(value);
        return "";
    }
    if (name == "organization") {
        if (value.empty()) return "an organization's id";
        out.organizations.push_back(std::move(value));
        return "";
    }
    if (name == "cost") {
        const auto cost = read_cost(value);
        out.cost = cost.value_or(1);
        return cost ? "" : "a number from 1 to 1000000";
    }
    out.token = value == "1";
    return out.token || value == "0" ? "" : "0 or 1";
}

core::result<forward_policy> policy_of(const forward_policy_configuration& given) {
    forward_policy out;
    append_parts(given.scopes, " ,", out.scopes);
    if (!given.scopes.empty() && out.scopes.empty())
        return wrong("scopes: names none; leave it out to ask for none");
    if (!given.permissions.empty())
        if (const auto why = auth::permission_expression().read(given.permissions))
            return wrong("permissions: " + *why);
    out.permissions = given.permissions;
    append_parts(given.organization, ",", out.organizations);
    if (!given.organization.empty() && out.organizations.empty())
        return wrong("organization: names none; leave it out to let any organization's pass");
    if (!given.audience.empty()) {
        if (!audience_fits(given.audience)) return wrong("audience: expected at most 1024 bytes");
        out.audience = given.audience;
    }
    if (given.cost < 1 || given.cost > forward_policy::cost_max)
        return wrong("cost: expected 1 to 1000000");
    out.cost = static_cast<std::uint64_t>(given.cost);
    out.token = given.token;
    return out;
}

} // namespace

core::result<forward_policy> read_forward_policy(std::string_view query) {
    forward_policy out;
    std::array<bool, demand_parameters.names().size()> seen{};
    if (query.ends_with('&')) return wrong("the query ends with \"&\"");
    while (!query.empty()) {
        auto value = core::next_part(query, '&');
        const auto name = core::next_part(value, '=');
        const auto place = std::ranges::find(parameters, name);
        if (place == parameters.end())
            return wrong(
                "the query takes scope, permissions, audience, organization, cost and token");
        auto& again = seen[static_cast<std::size_t>(place - parameters.begin())];
        if (again && name != "organization")
            return wrong("\"" + std::string(name) + "\" is in the query twice");
        again = true;
        auto text = core::decode_form_text(value);
        if (!text) return wrong("\"" + std::string(name) + "\" is not percent-encoded UTF-8");
        const auto expected = take(out, name, std::move(*text));
        if (!expected.empty())
            return wrong("\"" + std::string(name) + "\" must be " + std::string(expected));
    }
    return out;
}

core::result<forward_policies>
forward_policies::make(std::span<const forward_policy_configuration> given, std::size_t* at) {
    forward_policies out;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (at) *at = i;
        if (!is_policy_name(given[i].name))
            return wrong("name: expected 1 to 64 letters, digits and -._");
        if (out.find(given[i].name))
            return wrong("name: \"" + given[i].name +
                         "\" is another's; expected a name of its own");
        auto policy = policy_of(given[i]);
        if (!policy) return policy.error();
        out.all_.push_back(
            {given[i].name, std::make_shared<const forward_demand>(std::move(*policy))});
    }
    return out;
}

forward_demand::forward_demand(forward_policy of)
    : policy(std::move(of)),
      scopes(policy.scopes.begin(), policy.scopes.end()),
      organizations(policy.organizations.begin(), policy.organizations.end()) {
    // One that cannot be read holds for nobody.
    if (!policy.permissions.empty()) (void)permissions_.read(policy.permissions);
}

std::shared_ptr<const forward_demand> forward_policies::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(all_, name, &named::name);
    return found == all_.end() ? nullptr : found->demand;
}

} // namespace latchkey::api
