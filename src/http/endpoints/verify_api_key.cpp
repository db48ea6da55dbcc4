// POST /api/v1/auth/verify-api-key: is this key good, and whose is it?
//   {api_key, scopes?, ip?, cost?}
//   200 {valid, code, …}   400 malformed   415 not JSON   503 cannot be decided
#include <latchkey/http/endpoints/verify_api_key.hpp>

#include <latchkey/http/endpoints/api_key_question.hpp>
#include <latchkey/http/field_values.hpp>
#include <latchkey/http/public_api.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace latchkey::http {

namespace {

enum : std::size_t { api_key, scopes, ip, cost };
constexpr std::array<json_field, 4> fields = {{{"api_key", json_kind::text, true},
                                               {"scopes", json_kind::texts},
                                               {"ip", json_kind::text},
                                               {"cost", json_kind::integer}}};
constexpr std::int64_t cost_max = 1'000'000;

// A hit or a miss would tell which ids exist: only a valid answer says how it was found.
constexpr std::string_view uncached = "X-Auth-Cache: none\r\n";

auth::cache_terms cache_terms_of(const exchange& ex) {
    const auto asked = ex.request.get(field::cache_control);
    if (asked.empty() || !ex.caller_is_trusted) return {};
    return {!asks_for_no_cache(asked), !asks_for_no_store(asked)};
}

// X-Auth-Cache and Age, as lines.
class found_fields {
  public:
    std::string_view write(auth::answer_source how, core::nanoseconds age) {
        constexpr std::array<std::string_view, 3> sources = {
            "X-Auth-Cache: hit\r\nAge: ", "X-Auth-Cache: miss\r\nAge: ",
            "X-Auth-Cache: coalesced\r\nAge: "};
        const auto text = sources[static_cast<std::size_t>(how)];
        auto* end = std::copy(text.begin(), text.end(), bytes_);
        const auto seconds = std::max(age, core::nanoseconds(0)) / core::seconds(1);
        end = std::to_chars(end, bytes_ + sizeof bytes_ - 2, seconds).ptr;
        *end++ = '\r';
        *end++ = '\n';
        return {bytes_, static_cast<std::size_t>(end - bytes_)};
    }

  private:
    char bytes_[64];
};

} // namespace

void verify_api_key(exchange& ex, public_api& api) {
    if (!is_json(ex.request.get(field::content_type)))
        return ex.refuse(415, "send the body as Content-Type: application/json");
    api.take_question().ask(ex);
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
        answer(ex, auth::verdict::invalid_format);
        return done();
    }
    key = *fingerprint;
    api_.verifier.place(*this);
    terms = cache_terms_of(ex);
    if (terms.read) {
        const auto answer_hit = [&](const auth::api_key_record& found, const core::moment& asked,
                                    const core::moment& now) {
            answer_valid(ex, found, auth::answer_source::hit, age(asked, now));
            ex.note_time(now.boot);
        };
        if (const auto verdict = api_.verifier.from_cache(*this, request_, answer_hit)) {
            if (*verdict != auth::verdict::valid) answer(ex, *verdict);
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
    if (*verdict != auth::verdict::valid) return answer(ex, *verdict);
    answer_valid(ex, *record, source, age(asked_at, now));
}

void api_key_question::answer(exchange& ex, auth::verdict verdict) {
    auto& out = api_.body;
    out = R"({"valid":false,"code":")";
    out += auth::code_of(verdict);
    out += "\"}";
    ex.answer(200, json_type, out, uncached);
}

void api_key_question::answer_valid(exchange& ex, const auth::api_key_record& found,
                                    auth::answer_source how, core::nanoseconds age) {
    found_fields fields;
    ex.answer(200, json_type, found.answer(), fields.write(how, age));
}

void api_key_question::done() {
    record.reset();
    status = auth::lookup_status::unavailable;
    asker_ = nullptr;
    api_.give_back(*this);
}

} // namespace latchkey::http
