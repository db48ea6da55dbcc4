#include <latchkey/auth/api_key/judge.hpp>

#include "auth/scopes.hpp"

#include <algorithm>

namespace latchkey::auth {

namespace {

bool address_allowed(const api_key_record& key, const std::optional<core::address>& ip) {
    const auto allowed = key.allowed_networks();
    return allowed.empty() || (ip && core::contains(allowed, *ip));
}

} // namespace

verdict judge(const api_key_record& record, const api_key_request& request, core::real_time now) {
    if (request.key_id && *request.key_id != record.key_id()) return verdict::not_found;
    const auto retires_at = record.retires_at();
    if (retires_at && now >= *retires_at) return verdict::expired;
    if (record.revoked()) return verdict::revoked;
    if (!record.enabled()) return verdict::disabled;
    if (!record.organization_enabled()) return verdict::organization_disabled;
    const auto expires_at = record.expires_at();
    if (expires_at && now >= *expires_at) return verdict::expired;
    if (!organization_allowed(request.organizations, record.organization_id()))
        return verdict::organization_not_allowed;
    if (!address_allowed(record, request.ip)) return verdict::ip_not_allowed;
    const auto granted = [&](std::string_view scope) { return record.has_scope(scope); };
    if (!std::ranges::all_of(request.scopes, granted)) return verdict::insufficient_scopes;
    const auto given = [&](std::string_view permission) { return record.gives(permission); };
    if (request.permissions && !request.permissions->holds(given))
        return verdict::insufficient_scopes;
    return verdict::valid;
}

} // namespace latchkey::auth
