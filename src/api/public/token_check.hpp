#pragma once

#include "api/public/credential_request.hpp"

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/judge_token.hpp>

#include <optional>

namespace latchkey::api {

/// The check of a token. Its request sets `presented` and `request` before `begin`. It waits for
/// its issuer's keys once, if they must be fetched.
class token_check final : public credential_check, private auth::jwks_inquiry {
  public:
    using valid_answer = holder_answer<auth::token_record>;

    token_check(public_api& api, valid_answer& endpoint) : api_(api), endpoint_(endpoint) {}

    std::string_view presented;
    /// Whom it may know of, and whom to tell of a refused one, the check itself sets.
    auth::token_request request;
    /// The only organization of whose tokens it may know, if the caller is bound to none.
    std::optional<std::string_view> only{};

    progress begin(http::exchange& ex) override { return verify(ex, std::nullopt); }
    progress go_on(http::exchange& ex) override { return verify(ex, asked_at_); }
    void reset() noexcept override { asker_ = nullptr; }

  private:
    // `first`: when it was first asked; if it is set, the token does not wait again.
    progress verify(http::exchange&, std::optional<core::moment> first);
    void decided() noexcept override { asker_->resume(); }

    public_api& api_;
    valid_answer& endpoint_;
    http::exchange* asker_ = nullptr;
    core::moment asked_at_;
};

/// Refuses the exchange if a shared limit leaves the token undecided. Returns true if it did.
bool refuse_left_open(http::exchange&, public_api&, const std::optional<http::refusal>&);

/// True if we have issued the token.
bool is_own(public_api&, const auth::token_claims&);

} // namespace latchkey::api
