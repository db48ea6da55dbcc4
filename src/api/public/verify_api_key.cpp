// POST /api/v1/auth/verify-api-key: is this API key good, and whose is it?
//   {api_key, scopes?, permissions?, ip?, cost?}
//   200 {valid, code, …}   400 malformed   415 not JSON   429 limited   503 cannot be decided
#include "api/public/verify_api_key.hpp"

#include "api/public/fields.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

void verify_api_key(http::exchange& ex, public_api& api) {
    api.key_verifications.take().handle(ex);
}

std::optional<http::refusal> key_verification::read(http::exchange& ex) {
    if (auto why = body_.read(ex.request.body, api_key_fields)) return why;
    check_.presented = body_[api_key_fields["api_key"]].text;
    if (auto why = read_key_terms(body_[api_key_fields["scopes"]], body_[api_key_fields["ip"]],
                                  body_[api_key_fields["cost"]], check_.request))
        return why;
    return read_permissions(body_[api_key_fields["permissions"]], permissions_,
                            check_.request.permissions);
}

void key_verification::answer(http::exchange& ex, const auth::api_key_record& found,
                              const finding& how) {
    api_.body.clear();
    found.append_answer(api_.body);
    if (how.limit) auth::append_limit(api_.body, *how.limit);
    if (how.credits) auth::append_credits(api_.body, *how.credits);
    answer_valid(ex, api_.compression, api_.body, how.how, age(how.asked_at, how.now));
}

void key_verification::give_back() {
    api_.key_verifications.give_back(*this);
}

} // namespace latchkey::api
