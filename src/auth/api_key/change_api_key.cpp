#include <latchkey/auth/api_key/change_api_key.hpp>

#include "auth/api_key/key_checks.hpp"
#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>

namespace latchkey::auth {

namespace {

std::optional<std::string> check_expiry(const change_api_key_request& asked, core::real_time now) {
    if (asked.expires_at && asked.expires_in)
        return "fields \"expires_at\" and \"expires_in\" say the same: send one of them";
    if (asked.expires_in) return check_expires_in(*asked.expires_in);
    if (!asked.expires_at || !*asked.expires_at) return std::nullopt;
    if (**asked.expires_at > now && **asked.expires_at <= now + expires_in_max) return std::nullopt;
    return "field \"expires_at\" must lie in the future, and at most a hundred years ahead; to end "
           "the key at once, disable or revoke it";
}

std::optional<std::string> check(const change_api_key_request& asked, core::real_time now) {
    if (asked.name)
        if (auto wrong = check_name("name", *asked.name)) return wrong;
    if (asked.external_id && *asked.external_id)
        if (auto wrong = check_name("external_id", **asked.external_id)) return wrong;
    if (asked.scopes)
        if (auto wrong = check_key_scopes(*asked.scopes)) return wrong;
    if (asked.allowed_ips)
        if (auto wrong = check_networks(*asked.allowed_ips)) return wrong;
    if (asked.metadata)
        if (auto wrong = check_metadata(*asked.metadata)) return wrong;
    return check_expiry(asked, now);
}

} // namespace

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones.
operation<stored_api_key> change_api_key(lifecycle_store& store, change_sink& changes,
                                         change_api_key_request asked, core::real_time now,
                                         operator_request& by) {
    if (auto wrong = check(asked, now)) co_return invalid(*wrong);
    api_key_change change;
    change.key_id = std::move(asked.key_id);
    change.only_organization = std::move(asked.only_organization);
    change.name = std::move(asked.name);
    change.external_id = std::move(asked.external_id);
    if (asked.scopes) {
        change.caller_scopes = take_caller_scopes(*asked.scopes);
        change.scopes = std::move(asked.scopes);
    }
    change.metadata = std::move(asked.metadata);
    change.allowed_networks = std::move(asked.allowed_ips);
    change.enabled = asked.enabled;
    change.expires_at = asked.expires_at;
    if (asked.expires_in)
        change.expires_at = std::chrono::floor<core::seconds>(now) + *asked.expires_in;
    if (asked.rate_limit && !*asked.rate_limit)
        change.rate_limit = std::optional<core::rate_rule>();
    if (asked.rate_limit && *asked.rate_limit) {
        const auto rule = rate_rule_of(**asked.rate_limit);
        if (!rule) co_return rule.error();
        change.rate_limit = std::optional<core::rate_rule>(*rule);
        change.rate_limit_is_fleet = (**asked.rate_limit).is_fleet;
    }

    auto changed = co_await store.change_api_key(std::move(change), by);
    if (!changed) co_return changed;
    change_set told;
    told.api_keys.push_back(changed->key_hash);
    if (changed->previous_hash) told.api_keys.push_back(*changed->previous_hash);
    note_standing(told, credential_kind::api_key, changed->key_id, changed->enabled,
                  changed->generation, changed->read_at);
    co_await applied(changes, told);
    co_return changed;
}

} // namespace latchkey::auth
