#pragma once
// POST /oauth2/revoke: whoever holds an API key or a token ends it (RFC 7009)
//   a form: token; token_type_hint?; a client may prove itself, and must then be good
//   200 {receipt?}: it is ended, or there is none that is good
//   400 invalid_request, or unsupported_token_type: nothing can end such a token
//   401 invalid_client   415 no form   429 limited
//   503 temporarily_unavailable: it cannot be verified, or its end cannot be written

#include "api/oauth/client_check.hpp"
#include "api/public/revoke_credential.hpp"

#include <latchkey/http/form_body.hpp>

namespace latchkey::api::oauth {

/// POST /oauth2/revoke
void revoke(http::exchange&, public_api&);

/// Owned by its worker's public_api, lent to one exchange at a time.
class revocation final : public credential_end, private client_user {
  public:
    explicit revocation(public_api& api) : credential_end(api), client_(api, *this) {}

    void handle(http::exchange&);

  private:
    bool read(http::exchange&);
    // Each returns true if the exchange waits.
    bool begin(http::exchange&);
    bool after_client(http::exchange&, credential_check::progress);
    bool end_token_of(http::exchange&);
    void follow(http::exchange&, bool waits);
    void finish(http::exchange&) override;
    void take_client(http::exchange&, const auth::token_holder&, auth::caller_scopes,
                     const finding&) override {
        is_client_known_ = true;
    }
    void say_revoked(http::exchange&, const std::optional<std::string>& receipt) override;
    void say_not_revoked(http::exchange&, auth::verdict) override;
    void say_not_revocable(http::exchange&, auth::verdict) override;

    http::form_body form_;
    client_texts texts_;
    client_credentials shown_;
    client_check client_;
    bool is_of_client_ = false; ///< the client is asked for now
    bool is_client_known_ = false;
    bool is_counted_ = false; ///< it counts in parts::ending
};

} // namespace latchkey::api::oauth
