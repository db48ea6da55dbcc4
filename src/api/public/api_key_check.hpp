#pragma once

#include "api/public/credential_request.hpp"

#include <latchkey/api/held_answers.hpp>
#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/api_key/verify_api_key.hpp>

#include <optional>
#include <string_view>

namespace latchkey::api {

/// The check of an API key. Its request sets `presented` and `request` before `begin`.
class api_key_check final : public credential_check,
                            private auth::api_key_inquiry,
                            private held_answers::held {
  public:
    using valid_answer = holder_answer<auth::api_key_record>;

    api_key_check(public_api& api, valid_answer& endpoint) : api_(api), endpoint_(endpoint) {}

    std::string_view presented;     ///< the API key
    const char* called = "the key"; ///< where it cannot be verified
    auth::api_key_request request;
    /// Whose limits it asks: of the credential that the request is about, or of its client.
    core::charged_limits::stage role = core::charged_limits::stage::subject;
    /// The only organization of whose keys it may know, if the caller is bound to none. The text
    /// must live until the check has ended.
    std::optional<std::string_view> only{};

    progress begin(http::exchange&) override;
    progress go_on(http::exchange&) override;
    void reset() noexcept override;

  private:
    void decided() noexcept override { asker_->resume(); }
    void tick_came() noexcept override { asker_->resume(); }
    /// `found` is null if there is no such key, or if it cannot be known.
    void answer(http::exchange&, const auth::key_decision<std::optional<http::refusal>>&,
                const auth::api_key_record* found, finding);

    public_api& api_;
    valid_answer& endpoint_;
    http::exchange* asker_ = nullptr;
};

} // namespace latchkey::api
