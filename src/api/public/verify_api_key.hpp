#pragma once

#include "api/public/api_key_check.hpp"

namespace latchkey::api {

/// POST /api/v1/auth/verify-api-key
void verify_api_key(http::exchange&, public_api&);

/// One request to verify-api-key.
class key_verification final : public credential_request,
                               private holder_answer<auth::api_key_record> {
  public:
    explicit key_verification(public_api& api) : credential_request(api), check_(api, *this) {}

  private:
    std::optional<http::refusal> read(http::exchange&) override;
    credential_check& check() override { return check_; }
    void answer(http::exchange&, const auth::api_key_record&, const finding&) override;
    void give_back() override;

    api_key_check check_;
    auth::permission_expression permissions_;
};

} // namespace latchkey::api
