#pragma once
// Any method, /forward-auth: is whoever asks a gateway good, and who is it?
//   200 good   401 no good credential   403 good, but not for this   429 limited   503 undecided
// Every answer is without a body.

#include "api/forward/forwarded_credential.hpp"
#include "api/public/api_key_check.hpp"
#include "api/public/device_check.hpp"
#include "api/public/token_check.hpp"

#include <latchkey/api/forward_policy.hpp>
#include <latchkey/auth/token/issue_token.hpp>

#include <memory>
#include <optional>
#include <string>

namespace latchkey::api {

/// True for the path of /forward-auth itself and for all below it.
bool is_forward_auth(std::string_view path) noexcept;

/// GET /forward-auth, and every other method.
void forward_auth(http::exchange&, public_api&);

/// Owned by its worker's public_api, lent to one exchange at a time.
class forward_question final : public http::pending,
                               private holder_answer<auth::api_key_record>,
                               private holder_answer<auth::device_record>,
                               private holder_answer<auth::token_record> {
  public:
    explicit forward_question(public_api& api)
        : api_(api), of_key_(api, *this), of_device_(api, *this), of_token_(api, *this) {}

    void handle(http::exchange&);

  private:
    // Returns false if the exchange was answered.
    bool read(http::exchange&);
    void ask(http::exchange&);
    void follow(http::exchange&, credential_check&, credential_check::progress);
    void finish(http::exchange&) override;
    std::string_view awaited() const noexcept override {
        return credential_.what == forwarded_credential::kind::token ? key_fetch : look_up;
    }

    void answer(http::exchange&, const auth::api_key_record&, const finding&) override;
    void answer(http::exchange&, const auth::device_record&, const finding&) override;
    void answer(http::exchange&, const auth::token_record&, const finding&) override;
    void refuse(http::exchange&, std::string& buffer, auth::verdict) override;
    void refuse_limited(http::exchange&, std::string& buffer, const auth::key_limit&) override;
    // Allows it, with a token of ours if one is demanded. `whose`: a token's issuer.
    void pass(http::exchange&, const auth::token_holder&, const finding&,
              std::string_view whose = {});
    void end();

    public_api& api_;
    api_key_check of_key_;
    device_check of_device_;
    token_check of_token_;
    std::shared_ptr<const forward_demand> demand_;
    forwarded_credential credential_;
    std::string buffer_;              // what the credential's texts may be views into
    std::vector<std::string> scopes_; // of the key
};

} // namespace latchkey::api
