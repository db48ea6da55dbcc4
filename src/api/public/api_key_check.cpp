#include "api/public/api_key_check.hpp"

#include "api/public/lease_wait.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

credential_check::progress api_key_check::begin(http::exchange& ex) {
    ex.note.kind = "api_key";
    ex.charged.begin(role);
    request.charged = &ex.charged;
    const auto fingerprint = api_.verifier.fingerprint(presented);
    if (!fingerprint) {
        note_verdict(ex, auth::verdict::invalid_format);
        ex.reason = api_.verifier.why_malformed(presented);
        endpoint_.refuse(ex, api_.body, auth::verdict::invalid_format);
        return progress::answered;
    }
    key = *fingerprint;
    since = api_.held.now();
    if (const auto why = api_.gate.unless_admitted(ex, counted::api_key, bytes_of(key))) {
        ex.refuse(*why);
        return progress::answered;
    }
    api_.verifier.place(*this);
    organization = organization_bound(ex);
    if (!organization) organization = only;
    terms = cache_terms_of(ex);
    if (terms.read) {
        const auto at = api_.read_clocks();
        const auto answer_hit = [&](const auto& decided, const auth::api_key_record* found,
                                    const core::moment& asked) {
            answer(ex, decided, found, {auth::answer_source::hit, asked, at.now});
            if (decided.what == auth::verdict::valid) ex.note_time(at.now.boot);
        };
        if (api_.verifier.from_cache(*this, request, at, organization_limit(api_.gate, ex),
                                     answer_hit))
            return progress::answered;
    }
    asker_ = &ex;
    api_.verifier.ask(*this);
    return progress::waiting;
}

credential_check::progress api_key_check::go_on(http::exchange& ex) {
    if (is_held) {
        note_verdict(ex, auth::verdict::not_found);
        endpoint_.refuse(ex, api_.body, auth::verdict::not_found);
        return progress::answered;
    }
    ex.charged.begin(role);
    const auto now = core::moment::now();
    const auto decided =
        api_.verifier.conclude(*this, request, now, organization_limit(api_.gate, ex));
    if (organization && decided.what == auth::verdict::not_found) {
        api_.held.hold(*this);
        return progress::waiting;
    }
    answer(ex, decided, record.get(), {source, asked_at, now});
    return progress::answered;
}

void api_key_check::answer(http::exchange& ex,
                           const auth::key_decision<std::optional<http::refusal>>& decided,
                           const auth::api_key_record* found, finding how) {
    if (decided.wants) return api_.leases->begin(ex, *decided.wants);
    if (auth::leaves_open(decided.refusal)) return ex.refuse(*decided.refusal);
    if (!decided.what)
        return refuse_undecided(ex, called, *decided.reason ? decided.reason : reason);
    note_verdict(ex, *decided.what, found ? found->key_id() : std::string_view(),
                 found ? found->organization_id() : std::string_view(), how.how);
    if (decided.refusal) return ex.refuse(*decided.refusal);
    if (decided.limit) note_limit(ex, *decided.limit);
    if (*decided.what == auth::verdict::valid) {
        how.limit = decided.limit ? &*decided.limit : nullptr;
        how.credits = decided.credits;
        return endpoint_.answer(ex, *found, how);
    }
    if (*decided.what == auth::verdict::rate_limited)
        return endpoint_.refuse_limited(ex, api_.body, *decided.limit);
    endpoint_.refuse(ex, api_.body, *decided.what);
}

void api_key_check::reset() noexcept {
    record.reset();
    status = auth::lookup_status::unavailable;
    asker_ = nullptr;
    api_.held.drop(*this);
}

} // namespace latchkey::api
