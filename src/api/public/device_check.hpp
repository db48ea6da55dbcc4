#pragma once

#include "api/public/credential_request.hpp"

#include <latchkey/auth/device/verify_device.hpp>

namespace latchkey::api {

/// The check of a device. Its request sets the public members before `begin`.
class device_check final : public credential_check, private auth::device_inquiry {
  public:
    using valid_answer = holder_answer<auth::device_record>;

    device_check(public_api& api, valid_answer& endpoint)
        : api_(api), endpoint_(endpoint), password_(*this) {}

    std::string_view device_id;
    std::string_view device_secret;
    auth::device_request request;

    progress begin(http::exchange&) override;
    progress go_on(http::exchange&) override;
    void reset() noexcept override;

  private:
    // Waits for the scrypt threads.
    struct password final : auth::password_check {
        explicit password(device_check& c) : owner(c) {}
        void checked() noexcept override { owner.asker_->resume(); }
        device_check& owner;
    };

    void decided() noexcept override { asker_->resume(); }
    progress follow(http::exchange&, const auth::device_decision&, const core::moment& now);
    progress check_password(http::exchange&, const core::moment& now);
    progress settle(http::exchange&, auth::verdict, const core::moment& now);
    bool admits(http::exchange&, const auth::device_record&);

    public_api& api_;
    valid_answer& endpoint_;
    http::exchange* asker_ = nullptr;
    auth::device_claim claim_;
    password password_;
    bool asked_password_ = false;
};

} // namespace latchkey::api
