#include <latchkey/auth/api_key/judge.hpp>

#include "auth/scopes.hpp"

#include <algorithm>

namespace latchkey::auth {

namespace {

bool address_allowed(const api_key_facts& facts, const std::optional<core::address>& ip) {
    if (facts.allowed_networks.empty()) return true;
    return ip && core::contains(facts.allowed_networks, *ip);
}

// A scope of a caller is granted by caller_scopes alone, and by no other name.
bool scopes_allowed(const api_key_facts& facts, std::span<const std::string_view> asked) {
    const auto granted = [&](std::string_view scope) {
        if (is_reserved_scope(scope)) return facts.caller_scopes.has(scope);
        return std::ranges::binary_search(facts.scopes, scope);
    };
    return std::ranges::all_of(asked, granted);
}

} // namespace

verdict judge(const api_key_record& record, const api_key_request& request, core::real_time now) {
    const auto& facts = record.facts();
    if (facts.retires_at && now >= *facts.retires_at) return verdict::expired;
    if (facts.revoked) return verdict::revoked;
    if (!facts.enabled) return verdict::disabled;
    if (!facts.organization_enabled) return verdict::organization_disabled;
    if (facts.expires_at && now >= *facts.expires_at) return verdict::expired;
    if (!organization_allowed(request.organizations, facts.organization_id))
        return verdict::organization_not_allowed;
    if (!address_allowed(facts, request.ip)) return verdict::ip_not_allowed;
    if (!scopes_allowed(facts, request.scopes)) return verdict::insufficient_scopes;
    return verdict::valid;
}

} // namespace latchkey::auth
