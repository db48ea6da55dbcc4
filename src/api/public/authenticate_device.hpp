#pragma once

#include "api/public/device_check.hpp"

namespace latchkey::api {

/// POST /api/v1/auth/authenticate-device
void authenticate_device(http::exchange&, public_api&);

/// One request to authenticate-device.
class device_authentication final : public credential_request,
                                    private holder_answer<auth::device_record> {
  public:
    explicit device_authentication(public_api& api) : credential_request(api), check_(api, *this) {}

  private:
    std::optional<http::refusal> read(http::exchange&) override;
    credential_check& check() override { return check_; }
    void answer(http::exchange&, const auth::device_record&, const finding&) override;
    void give_back() override;

    device_check check_;
    auth::permission_expression permissions_;
};

} // namespace latchkey::api
