#pragma once
// POST /oauth2/introspect: is this API key or token active, and who is it? (RFC 7662)
//   a form: token; token_type_hint?, audience?, ip?, certificate_thumbprint?
//   200 {active: true, …}, or exactly {"active":false} for all that is decided and not good, and
//       for what the caller may not know of
//   400 invalid_request   401 invalid_client: nobody has said who asks
//   403 the caller lacks latchkey:introspect   415 no form   429 limited
//   503 temporarily_unavailable: it cannot be decided
// Who asks is a client that is an API key with that scope, or a caller as everywhere.

#include "api/oauth/client_credentials.hpp"
#include "api/public/api_key_check.hpp"
#include "api/public/token_check.hpp"

#include <latchkey/http/form_body.hpp>

#include <string>
#include <vector>

namespace latchkey::api::oauth {

/// POST /oauth2/introspect
void introspect(http::exchange&, public_api&);

/// True if a text is read as a token, and not as an API key.
bool is_read_as_token(std::string_view text, std::string_view hint) noexcept;

/// Owned by its worker's public_api, lent to one exchange at a time.
class introspection final : public http::pending,
                            private holder_answer<auth::api_key_record>,
                            private holder_answer<auth::token_record> {
  public:
    explicit introspection(public_api& api)
        : api_(api), of_key_(api, *this), of_token_(api, *this) {}

    void handle(http::exchange&);

  private:
    // All return false if the exchange was answered, or waits to be handled again.
    bool read(http::exchange&);
    bool admit(http::exchange&);
    credential_check& check();
    void follow(http::exchange&, credential_check::progress);
    void finish(http::exchange&) override;
    std::string_view awaited() const noexcept override { return is_token_ ? key_fetch : look_up; }
    void answer(http::exchange&, const auth::api_key_record&, const finding&) override;
    void answer(http::exchange&, const auth::token_record&, const finding&) override;
    void refuse(http::exchange&, std::string& buffer, auth::verdict) override;
    void refuse_limited(http::exchange&, std::string& buffer, const auth::key_limit&) override;
    void end() noexcept;

    public_api& api_;
    http::form_body form_;
    client_texts texts_;
    api_key_check of_key_;
    token_check of_token_;
    bool is_token_ = false;
    std::vector<std::string> scopes_; // of the key
};

} // namespace latchkey::api::oauth
