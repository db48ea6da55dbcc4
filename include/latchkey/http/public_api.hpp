#pragma once
// The public listener's endpoints, by one route table.

#include <latchkey/auth/verify_api_key.hpp>
#include <latchkey/auth/verify_token.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/status_source.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

class api_key_question;

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
    json_body token_body; ///< of a verify-token request; nothing waits there
    const status_source& status;
    std::string body; ///< of an answer in the making

    /// A question in progress, from a free list: an ordinary request allocates nothing.
    api_key_question& take_question();
    void give_back(api_key_question&);

  private:
    std::vector<std::unique_ptr<api_key_question>> questions_;
    std::vector<api_key_question*> free_questions_;
};

} // namespace latchkey::http
