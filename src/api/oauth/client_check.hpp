#pragma once
// The check of a client: an API key by its id and itself, or a device. Nobody can find out which of
// them an id belongs to, or whether it exists: each secret takes the same steps with every id.

#include "api/oauth/client_credentials.hpp"
#include "api/public/api_key_check.hpp"
#include "api/public/device_check.hpp"

#include <latchkey/auth/token/issue_token.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api::oauth {

/// Who wants to know about a client.
class client_user {
  public:
    /// The client is good, and may ask that of Latchkey itself. The texts are valid during the call
    /// only, which must not wait.
    virtual void take_client(http::exchange&, const auth::token_holder&, auth::caller_scopes may,
                             const finding&) = 0;

  protected:
    ~client_user() = default;
};

/// Part of one request at a time.
class client_check final : private holder_answer<auth::api_key_record>,
                           private holder_answer<auth::device_record> {
  public:
    using progress = credential_check::progress;

    client_check(public_api&, client_user&);

    /// The texts must live until the check has ended. If it has ended, `take_client` was called, or
    /// the exchange was answered.
    progress begin(http::exchange&, const client_credentials&,
                   std::span<const std::string_view> scopes);
    progress go_on(http::exchange&);
    void reset() noexcept;

  private:
    progress begin_key(http::exchange&);
    progress after_device(http::exchange&, progress);
    void answer(http::exchange&, const auth::api_key_record&, const finding&) override;
    void answer(http::exchange&, const auth::device_record&, const finding&) override;
    void refuse(http::exchange&, std::string& buffer, auth::verdict) override;
    void refuse_limited(http::exchange&, std::string& buffer, const auth::key_limit&) override;

    public_api& api_;
    client_user& user_;
    api_key_check of_key_;
    device_check of_device_;
    client_credentials client_;
    bool asks_device_ = false; ///< the device is asked for now
    bool is_no_device_ = false;
    std::vector<std::string> scopes_; // of the key
};

} // namespace latchkey::api::oauth
