#include <latchkey/auth/api_key/create_api_key.hpp>

#include "auth/api_key/key_checks.hpp"
#include "auth/checks.hpp"

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/auth/credit/credit_store.hpp>
#include <latchkey/auth/input_bounds.hpp>
#include <latchkey/crypto/digest.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

std::optional<std::string> check(const create_api_key_request& asked) {
    if (auto wrong = check_identifier("organization_id", asked.organization_id)) return wrong;
    if (auto wrong = check_name("name", asked.name)) return wrong;
    if (asked.external_id)
        if (auto wrong = check_name("external_id", *asked.external_id)) return wrong;
    if (auto wrong = check_key_scopes(asked.scopes)) return wrong;
    if (asked.roles.size() > roles_max)
        return "field \"roles\" must have at most " + std::to_string(roles_max) + " elements";
    for (const auto& name : asked.roles)
        if (auto wrong = check_role_name("roles", name)) return wrong;
    if (auto wrong = check_networks(asked.allowed_ips)) return wrong;
    if (auto wrong = check_metadata(asked.metadata)) return wrong;
    if (asked.credits) {
        if (auto wrong = check_credits("remaining", asked.credits->remaining, 0)) return wrong;
        if (asked.credits->refill)
            if (auto wrong = check_refill(*asked.credits->refill)) return wrong;
    }
    if (asked.expires_in) return check_expires_in(*asked.expires_in);
    return std::nullopt;
}

} // namespace

core::result<core::rate_rule> rate_rule_of(const rate_limit_request& asked) {
    constexpr auto refill_max = limit_window_max;
    const auto fits = [](std::int64_t n) { return n >= 1 && n <= limit_quantity_max; };
    const auto burst = asked.burst.value_or(asked.quantity);
    if (fits(asked.quantity) && fits(burst) && asked.window >= core::seconds(1) &&
        asked.window <= refill_max && (!asked.is_fleet || burst == asked.quantity) &&
        burst * asked.window <= refill_max * asked.quantity)
        if (const auto rule =
                core::rate_rule::make(static_cast<std::uint64_t>(asked.quantity), asked.window,
                                      static_cast<std::uint64_t>(burst)))
            return *rule;
    return invalid(
        "field \"rate_limit\" must have a \"quantity\" and a \"burst\" from 1 to "
        "1000000000 and a \"window\" from 1 to 518400 seconds, with at most one in a "
        "microsecond, and the burst back within six days; with \"scope\": \"fleet\" there "
        "is no other burst than the quantity");
}

stored_api_key as_stored(const created_api_key& created) {
    const auto& row = created.stored;
    stored_api_key key;
    key.key_hash = row.key_hash;
    key.key_id = row.key_id;
    key.hint = row.hint;
    key.organization_id = row.organization_id;
    key.name = row.name;
    key.external_id = row.external_id;
    key.scopes = row.scopes;
    const auto as_caller = row.caller_scopes.names();
    key.scopes.insert(key.scopes.end(), as_caller.begin(), as_caller.end());
    key.metadata = row.metadata;
    key.allowed_networks = row.allowed_networks;
    key.enabled = true;
    key.state = "active";
    key.expires_at = row.expires_at;
    key.rate_limit = row.rate_limit;
    key.rate_limit_is_fleet = row.rate_limit_is_fleet;
    if (const auto& given = row.credits) {
        auto& account = key.credits.emplace();
        account.key_id = row.key_id;
        account.remaining = given->remaining;
        account.refill = given->refill;
        if (given->refill) account.refills_at = created.created_at + given->refill->every;
    }
    key.origin = "latchkey";
    key.created_at = created.created_at;
    key.read_at = created.created_at;
    key.roles = row.roles;
    return key;
}

operation<created_api_key> create_api_key(lifecycle_store& store, create_api_key_request asked,
                                          core::real_time now, operator_request& by) {
    if (auto wrong = check(asked)) co_return invalid(*wrong);
    auto key = generate_api_key(asked.env);
    if (!key) co_return key.error();
    auto key_id = generate_key_id();
    if (!key_id) co_return key_id.error();

    created_api_key created;
    created.api_key = std::move(*key);
    auto& row = created.stored;
    row.key_hash = crypto::sha256(created.api_key.reveal());
    row.key_id = std::move(*key_id);
    row.hint = hint_of(created.api_key.reveal());
    row.organization_id = std::move(asked.organization_id);
    row.name = std::move(asked.name);
    row.external_id = std::move(asked.external_id);
    row.caller_scopes = take_caller_scopes(asked.scopes);
    row.scopes = std::move(asked.scopes);
    std::ranges::sort(asked.roles);
    asked.roles.erase(std::unique(asked.roles.begin(), asked.roles.end()), asked.roles.end());
    row.roles = std::move(asked.roles);
    row.metadata = std::move(asked.metadata);
    row.allowed_networks = std::move(asked.allowed_ips);
    if (asked.rate_limit) {
        const auto rule = rate_rule_of(*asked.rate_limit);
        if (!rule) co_return rule.error();
        row.rate_limit = *rule;
        row.rate_limit_is_fleet = asked.rate_limit->is_fleet;
    }
    row.credits = asked.credits;
    if (asked.expires_in)
        row.expires_at = std::chrono::floor<core::seconds>(now) + *asked.expires_in;

    const auto at = co_await store.create_api_key(row, by);
    if (!at) co_return at.error();
    created.created_at = *at;
    co_return created;
}

} // namespace latchkey::auth
