#pragma once
// A verify-token request that waits for its issuer's JWK set to be fetched.

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/http/exchange.hpp>

#include <string>
#include <string_view>

namespace latchkey::api {

class public_api;

/// Owned by its worker's public_api, lent to one exchange at a time.
class jwks_wait final : public http::pending, public auth::jwks_inquiry {
  public:
    explicit jwks_wait(public_api& api) : api_(api) {}

    void begin(http::exchange&, std::string issuer_name);

  private:
    void decided() noexcept override { asker_->resume(); }
    /// Verifies once more, and does not wait again.
    void finish(http::exchange&) override;
    std::string_view awaited() const noexcept override { return key_fetch; }

    public_api& api_;
    http::exchange* asker_ = nullptr;
    core::moment asked_at_;
};

/// Has an issuer's JWK set fetched for later questions; nobody waits for it.
class jwks_nudge final : public auth::jwks_inquiry {
  public:
    explicit jwks_nudge(public_api& api) : api_(api) {}

    void begin(std::string issuer_name);

  private:
    void decided() noexcept override;

    public_api& api_;
};

} // namespace latchkey::api
