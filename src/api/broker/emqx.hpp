#pragma once
// POST /integrations/emqx: EMQX's question about a client that connects (HTTP authenticator, 5.8).

#include "api/public/api_key_check.hpp"
#include "api/public/credential_request.hpp"
#include "api/public/device_check.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

void ask_for_emqx(http::exchange&, public_api&);

/// Owned by its worker's public_api, lent to one exchange at a time.
class emqx_question final : public credential_request,
                            private holder_answer<auth::api_key_record>,
                            private holder_answer<auth::device_record> {
  public:
    explicit emqx_question(public_api& api)
        : credential_request(api), of_key_(api, *this), of_device_(api, *this) {}

  private:
    std::optional<http::refusal> read(http::exchange&) override;
    credential_check& check() override;
    void give_back() override;

    void answer(http::exchange&, const auth::api_key_record&, const finding&) override;
    void answer(http::exchange&, const auth::device_record&, const finding&) override;
    void refuse(http::exchange&, std::string& buffer, auth::verdict) override;
    void refuse_limited(http::exchange&, std::string& buffer, const auth::key_limit&) override;
    void let_in(http::exchange&, std::string_view kind, std::string_view id,
                std::string_view organization, std::span<const std::string> scopes,
                std::optional<core::real_time> expires_at);

    api_key_check of_key_;
    device_check of_device_;
    bool is_of_key_ = false;
    std::vector<std::string> scopes_; // of the key
};

} // namespace latchkey::api
