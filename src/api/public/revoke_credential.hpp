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

/// One request to revoke. Owned by its worker's public_api, lent to one exchange at a time.
class credential_end final : public http::pending,
                             private auth::api_key_inquiry,
                             private held_answers::held {
  public:
    explicit credential_end(public_api& api) : api_(api), ending_(*this) {}

    void begin(http::exchange&);

  private:
    // The write, on its way to the control thread and back.
    struct ending final : auth::self_revocation {
        explicit ending(credential_end& e) : owner(e) {}
        void decided() noexcept override { owner.asker_->resume(); }
        credential_end& owner;
    };

    // Each returns true if the exchange waits.
    bool read(http::exchange&);
    bool read_key(http::exchange&, std::string_view presented);
    bool read_token(http::exchange&, std::string_view text);
    bool end_key(http::exchange&);
    bool end(http::exchange&);

    void decided() noexcept override { asker_->resume(); }
    void tick_came() noexcept override { asker_->resume(); }
    void finish(http::exchange&) override;
    void follow(http::exchange&, bool waits);
    void tell(http::exchange&);
    void done() noexcept;

    public_api& api_;
    http::exchange* asker_ = nullptr;
    http::json_body body_;
    ending ending_;
    bool is_ending_ = false; ///< the write is under way
};

} // namespace latchkey::api
