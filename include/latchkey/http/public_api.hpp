#pragma once
// The public listener's endpoints, by one route table.

#include <latchkey/auth/issue_token.hpp>
#include <latchkey/auth/verify_api_key.hpp>
#include <latchkey/auth/verify_device.hpp>
#include <latchkey/auth/verify_token.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/lending.hpp>
#include <latchkey/http/status_source.hpp>

#include <span>
#include <string>
#include <string_view>

namespace latchkey::http {

class device_authentication;
class key_verification;
class key_wait;
class token_grant;

/// One per worker; used on its thread alone.
class public_api final : public application {
  public:
    public_api(auth::beliefs&, std::size_t worker, auth::scrypt_pool&, const auth::configuration&,
               const auth::token_configuration&, const status_source&);
    ~public_api() override;

    void handle(exchange&) override;

    /// For metrics: the rows that exchange::endpoint counts.
    static std::span<const std::string_view> endpoint_names();

    // --- what the endpoints work with ---
    auth::metrics metrics;
    auth::api_key_verifier verifier;
    auth::device_verifier devices;
    auth::token_verifier tokens;
    auth::token_issuer token_issuer;
    json_body token_body; ///< of a verify-token request, while nothing waits
    const status_source& status;
    std::string body; ///< of an answer in the making

    // --- what requests in progress borrow ---
    lending<key_verification, public_api> key_verifications;
    lending<device_authentication, public_api> device_authentications;
    lending<token_grant, public_api> token_grants;
    lending<key_wait, public_api> key_waits;

    /// Calls `use(own_issuer)`, once there is one; nothing in it waits.
    template <class Use>
    void with_own_issuer(Use&& use) {
        const core::quiescence::reader::pin pinned(beliefs_.readers.at(worker_));
        const auto& own = beliefs_.issuers.read().own();
        if (own) use(*own);
    }

  private:
    auth::beliefs& beliefs_;
    const std::size_t worker_;
};

} // namespace latchkey::http
