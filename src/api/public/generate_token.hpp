#pragma once

#include "api/public/api_key_check.hpp"
#include "api/public/device_check.hpp"

#include <latchkey/auth/token/issue_token.hpp>

namespace latchkey::api {

/// POST /api/v1/auth/generate-token
void generate_token(http::exchange&, public_api&);

/// One request to generate-token, with an API key or a device's credential.
class token_grant final : public credential_request,
                          private holder_answer<auth::api_key_record>,
                          private holder_answer<auth::device_record> {
  public:
    explicit token_grant(public_api& api)
        : credential_request(api), of_key_(api, *this), of_device_(api, *this) {}

  private:
    std::optional<http::refusal> read(http::exchange&) override;
    std::optional<http::refusal> read_key(http::exchange&);
    std::optional<http::refusal> read_device();
    std::optional<http::refusal> read_order();
    credential_check& check() override;
    void answer(http::exchange&, const auth::api_key_record&, const finding&) override;
    void answer(http::exchange&, const auth::device_record&, const finding&) override;
    void issue(http::exchange&, const auth::token_holder&, const core::moment& now);
    void give_back() override;

    api_key_check of_key_;
    device_check of_device_;
    bool is_of_device_ = false;
    auth::token_order order_;
    std::vector<std::string> scopes_; ///< of the key that asks
};

} // namespace latchkey::api
