// POST /api/v1/auth/verify-api-key: is this key good, and whose is it?
//   {api_key, scopes?, ip?, cost?}
//   200 {valid, code, …}   400 malformed   415 not JSON   503 cannot be decided
#include <latchkey/http/endpoints/verify_api_key.hpp>

#include "verification.hpp"

#include <latchkey/http/endpoints/api_key_question.hpp>
#include <latchkey/http/endpoints/key_wait.hpp>
#include <latchkey/http/field_values.hpp>
#include <latchkey/http/public_api.hpp>

#include <array>
#include <string>

namespace latchkey::http {

namespace {

enum : std::size_t { api_key, scopes, ip, cost };
constexpr std::array<json_field, 4> fields = {{{"api_key", json_kind::text, true},
                                               {"scopes", json_kind::texts},
                                               {"ip", json_kind::text},
                                               {"cost", json_kind::integer}}};
constexpr std::int64_t cost_max = 1'000'000;

} // namespace

void verify_api_key(exchange& ex, public_api& api) {
    if (!is_json(ex.request.get(field::content_type)))
        return ex.refuse(415, "send the body as Content-Type: application/json");
    api.api_key_questions.take().ask(ex);
}

std::optional<refusal> api_key_question::read(std::string_view body) {
    if (auto why = body_.read(body, fields)) return why;
    request_ = {.scopes = body_[scopes].texts, .ip = std::nullopt};
    if (body_[ip].present) {
        request_.ip = auth::parse_address(body_[ip].text);
        if (!request_.ip) return refusal{400, "field \"ip\" must be an IPv4 or IPv6 address"};
    }
    if (body_[cost].present && (body_[cost].integer < 1 || body_[cost].integer > cost_max))
        return refusal{400,
                       "field \"cost\" must be an integer from 1 to " + std::to_string(cost_max)};
    return std::nullopt;
}

void api_key_question::ask(exchange& ex) {
    if (const auto why = read(ex.request.body)) {
        ex.refuse(why->status, why->detail);
        return done();
    }
    const auto fingerprint = api_.verifier.fingerprint(body_[api_key].text);
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
            answer_valid(ex, found.answer(), auth::answer_source::hit, age(asked, now));
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
    answer_valid(ex, record->answer(), source, age(asked_at, now));
}

void api_key_question::done() {
    record.reset();
    status = auth::lookup_status::unavailable;
    asker_ = nullptr;
    api_.api_key_questions.give_back(*this);
}

} // namespace latchkey::http
