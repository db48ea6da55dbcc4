#include <latchkey/auth/revocation/revoke_tokens.hpp>

#include "auth/checks.hpp"
#include "auth/revocation/known_names.hpp"
#include "auth/revocation/revocable_id.hpp"

#include <algorithm>
#include <memory>
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

// Completes once the process has applied the revocation. The feed may have been quicker, and have
// brought a newer one.
revocation_store::completion<stored_revocation>
obeyed(change_sink& changes, revocation_store::completion<stored_revocation> done) {
    return [&changes, done = std::move(done)](core::result<stored_revocation> outcome) {
        if (!outcome) return done(std::move(outcome));
        change_set change;
        change.revocations.push_back({outcome->what, false, true});
        changes.apply(change, [done, outcome = std::move(outcome)] { done(outcome); });
    };
}

core::failure invalid(std::string why) {
    return {core::failure_kind::invalid, std::move(why)};
}

struct asked_revocation {
    revocation_store& store;
    change_sink& changes;
    token_revocation_request asked;
    core::real_time now;
    revocation_store::completion<stored_revocation> done;

    void put_in() {
        auto what = revocation_of(asked, changes.organization_ids(), now);
        store.create_revocation(std::move(what), std::move(asked.reason),
                                obeyed(changes, std::move(done)));
    }
};

} // namespace

void revoke_tokens(revocation_store& store, change_sink& changes, const accepted_issuers& issuers,
                   token_revocation_request asked, core::real_time now,
                   revocation_store::completion<stored_revocation> done) {
    if (asked.reason && asked.reason->empty()) asked.reason.reset();
    if (!asked.organization_id && !asked.issuer) asked.issuer = issuers.own;
    if (auto wrong = check(asked, issuers.own, now)) return done(invalid(std::move(*wrong)));
    if (asked.issuer && !asked.force)
        if (auto wrong = complaint_about_issuer(issuers.all, issuers.own, *asked.issuer))
            return done(invalid(std::move(*wrong)));

    const bool of_own_credential = asked.subject && *asked.issuer == issuers.own && !asked.force;
    const auto r = std::make_shared<asked_revocation>(
        asked_revocation{store, changes, std::move(asked), now, std::move(done)});
    if (r->asked.organization_id) {
        // Tokens are compared by the database's spelling.
        return store.find_organization(
            *r->asked.organization_id, [r](core::result<name_lookup> found) {
                if (!found) return r->done(found.error());
                auto wrong = complaint_about_organization(*found, *r->asked.organization_id);
                if (wrong && !r->asked.force) return r->done(invalid(std::move(*wrong)));
                r->asked.organization_id = std::move(found->id);
                r->put_in();
            });
    }
    if (!of_own_credential) return r->put_in();
    store.find_credential(*r->asked.subject, [r](core::result<name_lookup> found) {
        if (!found) return r->done(found.error());
        if (auto wrong = complaint_about_credential(*found, *r->asked.subject))
            return r->done(invalid(std::move(*wrong)));
        r->put_in();
    });
}

} // namespace latchkey::auth
