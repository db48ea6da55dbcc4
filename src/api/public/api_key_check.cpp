#include "api/public/api_key_check.hpp"

#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

credential_check::progress api_key_check::begin(http::exchange& ex) {
    const auto fingerprint = api_.verifier.fingerprint(presented);
    if (!fingerprint) {
        answer_invalid(ex, api_.body, auth::verdict::invalid_format);
        return progress::answered;
    }
    key = *fingerprint;
    if (!api_.gate.admit(ex, counted::api_key, bytes_of(key))) return progress::answered;
    api_.verifier.place(*this);
    terms = cache_terms_of(ex);
    const auto admit = [&](const auth::api_key_record& found) { return admits(ex, found); };
    if (terms.read) {
        const auto answer_hit = [&](const auth::api_key_record& found, const core::moment& asked,
                                    const core::moment& now) {
            answer_good_key(ex, found, {auth::answer_source::hit, asked, now});
            ex.note_time(now.boot);
        };
        if (const auto verdict = api_.verifier.from_cache(*this, request, admit, answer_hit)) {
            if (*verdict != auth::verdict::valid) answer_bad_key(ex, *verdict);
            return progress::answered;
        }
    }
    asker_ = &ex;
    api_.verifier.ask(*this);
    return progress::waiting;
}

credential_check::progress api_key_check::go_on(http::exchange& ex) {
    const auto now = core::moment::now();
    const auto admit = [&](const auth::api_key_record& found) { return admits(ex, found); };
    const auto verdict = api_.verifier.conclude(*this, request, now, admit);
    if (!verdict)
        refuse_undecided(ex, "the key", reason);
    else if (*verdict != auth::verdict::valid)
        answer_bad_key(ex, *verdict);
    else
        answer_good_key(ex, *record, {source, asked_at, now});
    return progress::answered;
}

// Returns false if the exchange was refused.
bool api_key_check::admits(http::exchange& ex, const auth::api_key_record& found) {
    return api_.gate.admit(ex, counted::organization, found.organization_id());
}

void api_key_check::answer_good_key(http::exchange& ex, const auth::api_key_record& found,
                                    const finding& how) {
    if (const auto& limit = api_.verifier.limit()) note_limit(ex, *limit);
    endpoint_.answer(ex, found, how);
}

void api_key_check::answer_bad_key(http::exchange& ex, auth::verdict verdict) {
    if (verdict != auth::verdict::rate_limited) return answer_invalid(ex, api_.body, verdict);
    const auto& limit = api_.verifier.limit();
    if (!limit) return; // its organization's limit refused, and has answered
    note_limit(ex, *limit);
    answer_limited(ex, api_.body, *limit);
}

void api_key_check::reset() noexcept {
    record.reset();
    status = auth::lookup_status::unavailable;
    asker_ = nullptr;
}

} // namespace latchkey::api
