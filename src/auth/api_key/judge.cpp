#include <latchkey/auth/api_key/judge.hpp>

#include "auth/scopes.hpp"

namespace latchkey::auth {

namespace {

bool address_allowed(const api_key_facts& facts, const std::optional<core::address>& ip) {
    if (facts.allowed_networks.empty()) return true;
    return ip && core::contains(facts.allowed_networks, *ip);
}

} // namespace

verdict judge(const api_key_record& record, const api_key_request& request, core::real_time now) {
    const auto& facts = record.facts();
    if (facts.retires_at && now >= *facts.retires_at) return verdict::expired;
    if (facts.revoked) return verdict::revoked;
    if (!facts.enabled) return verdict::disabled;
    if (!facts.organization_enabled) return verdict::organization_disabled;
    if (facts.expires_at && now >= *facts.expires_at) return verdict::expired;
    if (!address_allowed(facts, request.ip)) return verdict::ip_not_allowed;
    if (!scopes_granted(facts.scopes, request.scopes)) return verdict::insufficient_scopes;
    return verdict::valid;
}

} // namespace latchkey::auth
