#pragma once
// POST /oauth2/token: a short-lived access token for a client, or in exchange for a key or a token
//   a form: grant_type=client_credentials, or urn:ietf:params:oauth:grant-type:token-exchange with
//   subject_token, subject_token_type; scope?, resource?, audience?
//   200 {access_token, token_type, expires_in, scope?, issued_token_type?}
//   400 {error, error_description}: invalid_request (also for a subject token that is not good),
//       invalid_scope, invalid_target, unsupported_grant_type
//   401 invalid_client   415 no form   429 limited
//   503 temporarily_unavailable: it cannot be decided, or no token can be signed

#include "api/oauth/client_check.hpp"
#include "api/oauth/wanted_token.hpp"
#include "api/public/token_check.hpp"

#include <latchkey/auth/token/issue_token.hpp>
#include <latchkey/http/form_body.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api::oauth {

/// POST /oauth2/token
void give_token(http::exchange&, public_api&);

/// Owned by its worker's public_api, lent to one exchange at a time. It asks for the client, if one
/// is shown, and then for the subject, if it is an exchange.
class token_request final : public http::pending,
                            private client_user,
                            private holder_answer<auth::api_key_record>,
                            private holder_answer<auth::token_record> {
  public:
    explicit token_request(public_api& api)
        : api_(api), client_(api, *this), of_key_(api, *this), of_token_(api, *this) {}

    void handle(http::exchange&);

  private:
    using progress = credential_check::progress;
    enum class asking { client, key, token };

    // All return false if the exchange was answered.
    bool read(http::exchange&);
    bool read_order(http::exchange&);
    void begin(http::exchange&);
    void follow(http::exchange&, progress);
    void finish(http::exchange&) override;
    std::string_view awaited() const noexcept override {
        return asks_ == asking::token ? key_fetch : look_up;
    }
    bool read_certificate(http::exchange&);
    void take_client(http::exchange&, const auth::token_holder&, auth::caller_scopes may,
                     const finding&) override;
    void issue(http::exchange&, const auth::token_holder&, const core::moment& now);
    void end() noexcept;

    // --- An exchange (token_exchange.cpp) ---
    bool read_exchange(http::exchange&);
    void begin_subject(http::exchange&);
    // Returns false if the exchange was answered: whoever gets a token must not make it good for
    // others.
    bool choose_audience(http::exchange&, const auth::token_claims&, bool is_own);
    void answer(http::exchange&, const auth::api_key_record&, const finding&) override;
    void answer(http::exchange&, const auth::token_record&, const finding&) override;
    void refuse(http::exchange&, std::string& buffer, auth::verdict) override;
    void refuse_limited(http::exchange&, std::string& buffer, const auth::key_limit&) override;

    public_api& api_;
    http::form_body form_;
    client_texts texts_;
    client_credentials shown_;
    wanted_token wanted_;
    client_check client_;
    asking asks_ = asking::client;
    bool exchanges_ = false;

    std::string_view certificate_; ///< the thumbprint of the client's own; empty: it showed none
    bool is_client_known_ = false;
    bool client_issues_ = false; ///< the client may issue tokens, for any audience
    std::string client_organization_;
    api_key_check of_key_;
    token_check of_token_;
    std::vector<std::string> scopes_; // of the key
};

} // namespace latchkey::api::oauth
