#pragma once
// The public listener's endpoints, by one route table.

#include <latchkey/auth/verify_api_key.hpp>
#include <latchkey/auth/verify_token.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/lending.hpp>
#include <latchkey/http/status_source.hpp>

#include <span>
#include <string>
#include <string_view>

namespace latchkey::http {

class api_key_question;
class key_wait;

/// One per worker; used on its thread alone.
class public_api final : public application {
  public:
    public_api(auth::beliefs&, std::size_t worker, const auth::configuration&,
               const auth::token_configuration&, const status_source&);
    ~public_api() override;

    void handle(exchange&) override;

    /// For metrics: the rows that exchange::endpoint counts.
    static std::span<const std::string_view> endpoint_names();

    // --- what the endpoints work with ---
    auth::metrics metrics;
    auth::api_key_verifier verifier;
    auth::token_verifier tokens;
    json_body token_body; ///< of a verify-token request, while nothing waits
    const status_source& status;
    std::string body; ///< of an answer in the making

    // --- what requests in progress borrow ---
    lending<api_key_question, public_api> api_key_questions;
    lending<key_wait, public_api> key_waits;
};

} // namespace latchkey::http
