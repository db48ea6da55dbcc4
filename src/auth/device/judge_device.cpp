#include <latchkey/auth/device/judge_device.hpp>

#include "auth/scopes.hpp"

namespace latchkey::auth {

namespace {

const stored_secret& previous_of(const device_facts& facts, core::real_time now) {
    static const stored_secret none;
    return previous_counts(facts, now) ? *facts.previous_secret : none;
}

} // namespace

bool previous_counts(const device_facts& facts, core::real_time now) noexcept {
    return facts.previous_secret && facts.previous_until && now < *facts.previous_until;
}

secret_match compare(const device_record& record, const core::fingerprint& presented,
                     core::real_time now) {
    const auto& current = record.facts().secret;
    const auto& previous = previous_of(record.facts(), now);
    const bool is_current = current.matches(presented);
    const bool is_previous = previous.matches(presented);
    if (is_current | is_previous) return is_current ? secret_match::yes : secret_match::previous;
    return current.is_scrypt() || previous.is_scrypt() ? secret_match::needs_scrypt
                                                       : secret_match::no;
}

std::array<std::shared_ptr<const crypto::password_hash>, 2>
scrypt_forms(const device_record& record, core::real_time now) {
    return {record.facts().secret.scrypt(), previous_of(record.facts(), now).scrypt()};
}

verdict judge(const device_record& record, bool secret_matches, const device_request& request,
              core::real_time) {
    const auto& facts = record.facts();
    if (!secret_matches) return verdict::invalid_credentials;
    if (facts.revoked) return verdict::revoked;
    if (!facts.active) return verdict::disabled;
    if (!facts.organization_enabled) return verdict::organization_disabled;
    if (!organization_allowed(request.organizations, facts.organization_id))
        return verdict::organization_not_allowed;
    if (!scopes_granted(facts.scopes, request.scopes)) return verdict::insufficient_scopes;
    if (!permissions_granted(facts.scopes, request.permissions))
        return verdict::insufficient_scopes;
    return verdict::valid;
}

} // namespace latchkey::auth
