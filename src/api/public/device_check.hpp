#pragma once

#include "api/public/credential_request.hpp"

#include <latchkey/api/held_answers.hpp>
#include <latchkey/auth/device/verify_device.hpp>

namespace latchkey::api {

/// The check of a device. Its request sets the public members before `begin`.
class device_check final : public credential_check,
                           private auth::device_verification,
                           private held_answers::held {
  public:
    using valid_answer = holder_answer<auth::device_record>;

    device_check(public_api&, valid_answer& endpoint);

    std::string_view device_id;
    std::string_view device_secret;
    /// The asker knows who the device is, and has no secret of it.
    bool is_known = false;
    const char* called = "the device"; ///< where it cannot be verified
    auth::device_request request;
    /// Whose limits it asks: of the credential that the request is about, or of its client.
    core::charged_limits::stage role = core::charged_limits::stage::subject;

    progress begin(http::exchange&) override;
    progress go_on(http::exchange&) override;
    void reset() noexcept override;

  private:
    progress settle(http::exchange&, const core::moment& now);
    void woken() noexcept override { asker_->resume(); }
    void tick_came() noexcept override { asker_->resume(); }
    /// `found` is null if the device is not good.
    void answer(http::exchange&, const auth::device_decision<std::optional<http::refusal>>&,
                const auth::device_record* found, const finding&);

    public_api& api_;
    valid_answer& endpoint_;
    http::exchange* asker_ = nullptr;
};

} // namespace latchkey::api
