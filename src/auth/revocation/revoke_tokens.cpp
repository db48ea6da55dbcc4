#include <latchkey/auth/revocation/revoke_tokens.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"
#include "auth/revocation/known_names.hpp"
#include "auth/revocation/revocable_id.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

// `by` is the issuer to which the value belongs.
std::optional<std::string> check_id(std::string_view field, const std::optional<std::string>& id,
                                    std::string_view by = {}) {
    if (!id || is_revocable(by, *id)) return std::nullopt;
    return "field \"" + std::string(field) + "\" must have 1 to " +
           std::to_string(revocable_bytes_max - std::min(by.size(), revocable_bytes_max)) +
           " bytes" + (by.empty() ? "" : " beside that issuer") + " and no U+0000";
}

std::optional<std::string> check(const token_revocation_request& asked, std::string_view own_issuer,
                                 core::real_time now) {
    if (asked.token_id.has_value() + asked.subject.has_value() +
            asked.organization_id.has_value() !=
        1)
        return "name exactly one of the fields \"token_id\", \"subject\" and \"organization_id\"";
    if (asked.organization_id && asked.issuer)
        return "field \"issuer\" goes with \"token_id\" and \"subject\"; an organization's tokens "
               "are revoked whoever issued them";
    if (asked.token_id && asked.issued_before)
        return "field \"issued_before\" goes with \"subject\" and \"organization_id\"";
    if (asked.issued_before && *asked.issued_before > now)
        return "field \"issued_before\" must not be in the future";
    if (asked.expires_at && !asked.token_id)
        return "field \"expires_at\" goes with \"token_id\": it is the token's own";
    if (auto wrong = check_id("issuer", asked.issuer)) return wrong;
    const std::string_view by = asked.issuer ? *asked.issuer : own_issuer;
    if (auto wrong = check_id("token_id", asked.token_id, by)) return wrong;
    if (auto wrong = check_id("subject", asked.subject, by)) return wrong;
    if (auto wrong = check_id("organization_id", asked.organization_id)) return wrong;
    if (asked.reason) return check_reason(*asked.reason);
    return std::nullopt;
}

// `asked.issuer` must be set unless an organization is revoked.
revocation revocation_of(token_revocation_request& asked, organization_form organizations,
                         core::real_time now) {
    revocation out;
    out.created_at = now;
    if (asked.issuer) out.issuer = std::move(*asked.issuer);
    if (asked.token_id) {
        out.kind = revocation_kind::token;
        out.value = std::move(*asked.token_id);
        out.expires_at = asked.expires_at;
        return out;
    }
    out.kind = asked.subject ? revocation_kind::subject : revocation_kind::organization;
    out.value = asked.subject ? std::move(*asked.subject)
                              : comparable_organization(*asked.organization_id, organizations);
    out.issued_before = asked.issued_before.value_or(now);
    return out;
}

} // namespace

operation<stored_revocation> revoke_tokens(revocation_store& store, change_sink& changes,
                                           accepted_issuers issuers, token_revocation_request asked,
                                           core::real_time now, operator_request& by) {
    if (asked.reason && asked.reason->empty()) asked.reason.reset();
    if (!asked.organization_id && !asked.issuer) asked.issuer = issuers.own;
    if (auto wrong = check(asked, issuers.own, now)) co_return invalid(*wrong);
    if (asked.issuer && !asked.force)
        if (auto wrong = complaint_about_issuer(issuers.all, issuers.own, *asked.issuer))
            co_return invalid(*wrong);

    if (asked.organization_id) {
        // Tokens are compared by the database's spelling.
        auto found = co_await store.find_organization(*asked.organization_id);
        if (!found) co_return found.error();
        auto wrong = complaint_about_organization(*found, *asked.organization_id);
        if (wrong && !asked.force) co_return invalid(*wrong);
        asked.organization_id = std::move(found->id);
    } else if (asked.subject && *asked.issuer == issuers.own && !asked.force) {
        const auto found = co_await store.find_credential(*asked.subject);
        if (!found) co_return found.error();
        if (auto wrong = complaint_about_credential(*found, *asked.subject))
            co_return invalid(*wrong);
    }

    auto what = revocation_of(asked, changes.organization_ids(), now);
    auto stored = co_await store.create_revocation(std::move(what), std::move(asked.reason), by);
    if (!stored) co_return stored;
    // The feed may have been quicker, and have brought a newer one.
    change_set change;
    change.revocations.push_back({stored->what, false, true});
    co_await applied(changes, change);
    co_return stored;
}

} // namespace latchkey::auth
