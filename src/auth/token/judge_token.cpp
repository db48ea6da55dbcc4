#include <latchkey/auth/token/judge_token.hpp>

#include "auth/scopes.hpp"

#include <latchkey/auth/token/token_lives.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

bool has(const std::vector<std::string>& texts, std::string_view text) {
    return std::ranges::find(texts, text) != texts.end();
}

bool audience_fits(const token_claims& claims, const issuer_rules& rules,
                   const token_request& request) {
    if (request.audience) return has(claims.audiences, *request.audience);
    if (request.any_own_audience && rules.own) return true;
    return rules.any_audience || std::ranges::any_of(rules.audiences, [&](const auto& accepted) {
               return has(claims.audiences, accepted);
           });
}

bool binding_fits(const token_claims& claims, const token_request& request) {
    if (!request.certificate) return true;
    if (request.refuses_other_bindings && claims.confirmation) return false;
    return !claims.certificate || *claims.certificate == *request.certificate;
}

// True if the issuer's tokens may name the organization; nullopt if it is not known yet how
// organizations are told apart, and that would decide.
std::optional<bool> organization_fits(const token_claims& claims, const issuer_rules& rules) {
    const bool bound = !rules.organizations.empty();
    if (!bound && !rules.strict_organizations) return true;
    if (!claims.organization_id) return !bound;
    const bool known = rules.organization_ids != organization_form::unknown;
    if (bound && has(rules.organizations_compared, *claims.organization_id))
        return known || !rules.strict_organizations ? std::optional(true) : std::nullopt;
    if (!known) return std::nullopt;
    return !bound;
}

} // namespace

bool type_fits(const std::optional<std::string>& type, const issuer_rules& rules) {
    return has(rules.token_types, media_type(type.value_or("jwt")));
}

bool is_complete(const token_claims& claims, const boost::json::object& all,
                 const issuer_rules& rules) {
    const bool dated = claims.expires_at || (rules.missing_expiration && claims.issued_at);
    const bool revocable = claims.issued_at || rules.missing_issued_at || !rules.revocable;
    return dated && revocable && std::ranges::all_of(rules.required_claims, [&](const auto& name) {
               const auto* found = all.if_contains(name);
               return found && !found->is_null();
           });
}

core::real_time expiry_of(const token_claims& claims, const issuer_rules& rules) noexcept {
    const auto stated = claims.expires_at.value_or(core::real_time::max());
    if (!claims.issued_at) return stated;
    return std::min(stated, later_by(*claims.issued_at, rules.max_token_lifetime));
}

std::optional<verdict> judge(const token_record& record, const issuer_rules& rules,
                             const token_request& request, core::real_time now,
                             token_standing standing) {
    const auto& claims = record.claims();
    const auto ahead = [&](const std::optional<core::real_time>& date) {
        return date && *date > now + rules.leeway;
    };
    const auto fits = organization_fits(claims, rules);
    const bool of_the_asker =
        !request.organization ||
        (claims.organization_id && *claims.organization_id == *request.organization);
    if (!of_the_asker || (request.organization && fits == false)) return verdict::not_found;
    if (fits == false) return verdict::issuer_mismatch;
    if (now - rules.leeway >= expiry_of(claims, rules)) return verdict::expired;
    const bool is_ahead = ahead(claims.not_before) || ahead(claims.issued_at);
    if (is_ahead && !request.to_be_ended) return verdict::not_yet_valid;
    if (standing == token_standing::revoked) return verdict::revoked;
    if (standing == token_standing::organization_disabled && !request.to_be_ended)
        return verdict::organization_disabled;
    if (!organization_allowed(request.organizations, claims.organization_id.value_or("")))
        return verdict::organization_not_allowed;
    if (!request.any_audience && !audience_fits(claims, rules, request))
        return verdict::audience_mismatch;
    if (!binding_fits(claims, request)) return verdict::certificate_mismatch;
    if (!scopes_granted(claims.scopes, request.scopes)) return verdict::insufficient_scopes;
    if (!permissions_granted(claims.scopes, request.permissions))
        return verdict::insufficient_scopes;
    if (standing == token_standing::unknown || !fits) return std::nullopt;
    return verdict::valid;
}

} // namespace latchkey::auth
