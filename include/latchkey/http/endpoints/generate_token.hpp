#pragma once

#include <latchkey/auth/issue_token.hpp>
#include <latchkey/http/endpoints/api_key_check.hpp>
#include <latchkey/http/endpoints/device_check.hpp>

namespace latchkey::http {

/// POST /api/v1/auth/generate-token
void generate_token(exchange&, public_api&);

/// One such request, whose credential is an API key or a device's.
class token_grant final : public credential_request,
                          private holder_answer<auth::api_key_record>,
                          private holder_answer<auth::device_record> {
  public:
    explicit token_grant(public_api& api)
        : credential_request(api), of_key_(api, *this), of_device_(api, *this) {}

  private:
    std::optional<refusal> read(exchange&) override;
    std::optional<refusal> read_key(exchange&);
    std::optional<refusal> read_device();
    std::optional<refusal> read_order();
    credential_check& check() override;
    void answer(exchange&, const auth::api_key_record&, const finding&) override;
    void answer(exchange&, const auth::device_record&, const finding&) override;
    void issue(exchange&, const auth::token_holder&, const core::moment& now);
    void give_back() override;

    api_key_check of_key_;
    device_check of_device_;
    bool is_of_device_ = false;
    auth::token_order order_;
};

} // namespace latchkey::http
