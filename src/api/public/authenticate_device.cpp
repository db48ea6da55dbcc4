// POST /api/v1/auth/authenticate-device: is this device authentic, and whose is it?
//   {device_id, device_secret, scopes?, permissions?, issue_token?}
//   200 {valid, code, device_id, organization_id, name, scopes, metadata,
//        access_token?, token_type?, expires_in?}
//   400 malformed   415 not JSON   429 limited   503 cannot be decided, or no token can be signed
#include "api/public/authenticate_device.hpp"

#include "api/public/fields.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

void authenticate_device(http::exchange& ex, public_api& api) {
    api.device_authentications.take().handle(ex);
}

std::optional<http::refusal> device_authentication::read(http::exchange& ex) {
    if (auto why = body_.read(ex.request.body, device_fields)) return why;
    check_.device_id = body_[device_fields["device_id"]].text;
    check_.device_secret = body_[device_fields["device_secret"]].text;
    check_.request = {.scopes = body_[device_fields["scopes"]].texts};
    if (auto why = read_permissions(body_[device_fields["permissions"]], permissions_,
                                    check_.request.permissions))
        return why;
    return body_[device_fields["issue_token"]].boolean ? why_no_token(api_) : std::nullopt;
}

void device_authentication::answer(http::exchange& ex, const auth::device_record& found,
                                   const finding& how) {
    const auto old = age(how.asked_at, how.now);
    if (!body_[device_fields["issue_token"]].boolean)
        return answer_valid(ex, api_.compression, found.answer(), how.how, old);
    auth::token_order order;
    if (body_[device_fields["scopes"]].present) order.scopes = body_[device_fields["scopes"]].texts;
    const auto& facts = found.facts();
    const auto issued = api_.token_issuer.issue({auth::credential_kind::device, facts.device_id,
                                                 facts.organization_id, facts.scopes, std::nullopt,
                                                 facts.generation},
                                                order, how.now);
    if (!issued) return refuse_unissued(ex, api_.body, issued.error());
    api_.body.clear();
    found.append_answer(api_.body, issued->text.reveal(), issued->expires_in);
    answer_with_token(ex, api_.body, how.how, old);
}

void device_authentication::give_back() {
    api_.device_authentications.give_back(*this);
}

} // namespace latchkey::api
