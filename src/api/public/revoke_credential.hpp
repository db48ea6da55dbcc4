#pragma once

#include <latchkey/api/held_answers.hpp>
#include <latchkey/auth/api_key/verify_api_key.hpp>
#include <latchkey/auth/revocation/self_revocation.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

class public_api;

/// POST /api/v1/auth/revoke
void revoke_credential(http::exchange&, public_api&);

/// True if no further credential may be ended now; the exchange is then answered.
bool refuse_ending(http::exchange&, public_api&);

/// The end of one credential, for a request that says how it is told. Lent to one exchange at a
/// time.
class credential_end : public http::pending,
                       private auth::api_key_inquiry,
                       private held_answers::held {
  protected:
    explicit credential_end(public_api& api) : api_(api), ending_(*this) {}
    ~credential_end() = default;

    // --- Each returns true if the exchange waits; else it was answered ---
    bool end_key(http::exchange&, std::string_view presented);
    bool end_token(http::exchange&, std::string_view text);
    bool go_on(http::exchange&);
    /// Call it when the exchange was answered.
    void forget() noexcept;

    /// Without a receipt, it was revoked before.
    virtual void say_revoked(http::exchange&, const std::optional<std::string>& receipt) = 0;
    /// There is no such credential, or it is not good.
    virtual void say_not_revoked(http::exchange&, auth::verdict) = 0;
    /// It is good, and nothing can end it.
    virtual void say_not_revocable(http::exchange& ex, auth::verdict why) {
        say_not_revoked(ex, why);
    }

    public_api& api_;

  private:
    // The write, on its way to the control thread and back.
    struct ending final : auth::self_revocation {
        explicit ending(credential_end& e) : owner(e) {}
        void decided() noexcept override { owner.asker_->resume(); }
        credential_end& owner;
    };

    bool end_found(http::exchange&);
    bool end(http::exchange&);
    void tell(http::exchange&);
    void revoked(http::exchange&, const std::optional<std::string>& receipt = std::nullopt);
    void not_revoked(http::exchange&, auth::verdict);
    void not_revocable(http::exchange&, auth::verdict);

    void decided() noexcept override { asker_->resume(); }
    void tick_came() noexcept override { asker_->resume(); }

    http::exchange* asker_ = nullptr;
    ending ending_;
    bool is_ending_ = false; ///< the write is under way
};

/// One request to revoke. Owned by its worker's public_api.
class end_request final : public credential_end {
  public:
    explicit end_request(public_api& api) : credential_end(api) {}

    void begin(http::exchange&);

  private:
    bool read(http::exchange&);
    void follow(http::exchange&, bool waits);
    void finish(http::exchange& ex) override { follow(ex, go_on(ex)); }
    void say_revoked(http::exchange&, const std::optional<std::string>& receipt) override;
    void say_not_revoked(http::exchange&, auth::verdict) override;

    http::json_body body_;
};

} // namespace latchkey::api
