// POST /api/v1/auth/verify-api-key: is this key good, and whose is it?
//   {api_key, scopes?, ip?, cost?}
//   200 {valid, code, …}   400 malformed   415 not JSON   503 cannot be decided
#include <latchkey/http/endpoints/verify_api_key.hpp>

#include "verification.hpp"

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
    api.key_verifications.take().handle(ex);
}

std::optional<refusal> key_verification::read(std::string_view body) {
    if (auto why = body_.read(body, fields)) return why;
    check_.presented = body_[api_key].text;
    check_.request = {.scopes = body_[scopes].texts, .ip = std::nullopt};
    if (auto why = read_address(body_[ip], check_.request.ip)) return why;
    if (body_[cost].present && (body_[cost].integer < 1 || body_[cost].integer > cost_max))
        return refusal{400,
                       "field \"cost\" must be an integer from 1 to " + std::to_string(cost_max)};
    return std::nullopt;
}

void key_verification::answer(exchange& ex, const auth::api_key_record& found, const finding& how) {
    answer_valid(ex, found.answer(), how.how, age(how.asked_at, how.now));
}

void key_verification::give_back() {
    api_.key_verifications.give_back(*this);
}

} // namespace latchkey::http
