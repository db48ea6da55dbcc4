#include <latchkey/http/endpoints/api_key_question.hpp>

#include "verification.hpp"

#include <latchkey/http/field_values.hpp>
#include <latchkey/http/public_api.hpp>

#include <string>

namespace latchkey::http {

void api_key_question::ask(exchange& ex) {
    if (!is_json(ex.request.get(field::content_type))) {
        ex.refuse(415, "send the body as Content-Type: application/json");
        return done();
    }
    if (const auto why = read(ex.request.body)) {
        ex.refuse(why->status, why->detail);
        return done();
    }
    const auto fingerprint = api_.verifier.fingerprint(presented_);
    if (!fingerprint) {
        answer_invalid(ex, api_.body, auth::verdict::invalid_format);
        return done();
    }
    key = *fingerprint;
    api_.verifier.place(*this);
    terms = cache_terms_of(ex);
    if (terms.read) {
        const auto answer_hit = [&](const auth::api_key_record& found, const core::moment& asked,
                                    const core::moment& now) {
            answer(ex, found, auth::answer_source::hit, asked, now);
            ex.note_time(now.boot);
        };
        if (const auto verdict = api_.verifier.from_cache(*this, request_, answer_hit)) {
            if (*verdict != auth::verdict::valid) answer_invalid(ex, api_.body, *verdict);
            return done();
        }
    }
    asker_ = &ex;
    ex.wait_for(*this);
    api_.verifier.ask(*this);
}

void api_key_question::finish(exchange& ex) {
    conclude(ex);
    done();
}

void api_key_question::conclude(exchange& ex) {
    const auto now = core::moment::now();
    const auto verdict = api_.verifier.conclude(*this, request_, now.real);
    if (!verdict)
        return ex.refuse(503, std::string("the key cannot be verified now: ") + reason,
                         "Retry-After: 1\r\n");
    if (*verdict != auth::verdict::valid) return answer_invalid(ex, api_.body, *verdict);
    answer(ex, *record, source, asked_at, now);
}

void api_key_question::done() {
    record.reset();
    status = auth::lookup_status::unavailable;
    asker_ = nullptr;
    give_back();
}

} // namespace latchkey::http
