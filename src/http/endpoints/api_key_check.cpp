#include <latchkey/http/endpoints/api_key_check.hpp>

#include "verification.hpp"

#include <latchkey/http/public_api.hpp>

namespace latchkey::http {

credential_check::progress api_key_check::begin(exchange& ex) {
    const auto fingerprint = api_.verifier.fingerprint(presented);
    if (!fingerprint) {
        answer_invalid(ex, api_.body, auth::verdict::invalid_format);
        return progress::answered;
    }
    key = *fingerprint;
    api_.verifier.place(*this);
    terms = cache_terms_of(ex);
    if (terms.read) {
        const auto answer_hit = [&](const auth::api_key_record& found, const core::moment& asked,
                                    const core::moment& now) {
            endpoint_.answer(ex, found, {auth::answer_source::hit, asked, now});
            ex.note_time(now.boot);
        };
        if (const auto verdict = api_.verifier.from_cache(*this, request, answer_hit)) {
            if (*verdict != auth::verdict::valid) answer_invalid(ex, api_.body, *verdict);
            return progress::answered;
        }
    }
    asker_ = &ex;
    api_.verifier.ask(*this);
    return progress::waiting;
}

credential_check::progress api_key_check::go_on(exchange& ex) {
    const auto now = core::moment::now();
    const auto verdict = api_.verifier.conclude(*this, request, now.real);
    if (!verdict)
        refuse_undecided(ex, "the key", reason);
    else if (*verdict != auth::verdict::valid)
        answer_invalid(ex, api_.body, *verdict);
    else
        endpoint_.answer(ex, *record, {source, asked_at, now});
    return progress::answered;
}

void api_key_check::reset() noexcept {
    record.reset();
    status = auth::lookup_status::unavailable;
    asker_ = nullptr;
}

} // namespace latchkey::http
