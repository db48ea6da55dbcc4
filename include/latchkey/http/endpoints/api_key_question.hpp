#pragma once
// One verify-api-key request that waits for its look-up.

#include <latchkey/auth/judge.hpp>
#include <latchkey/auth/verify_api_key.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

namespace latchkey::http {

class public_api;

/// Owned by its worker's public_api, lent to one exchange at a time.
class api_key_question final : public pending, public auth::api_key_inquiry {
  public:
    explicit api_key_question(public_api& api) : api_(api) {}

    /// Answers at once what needs no look-up; else waits for it.
    void ask(exchange&);

  private:
    void decided() noexcept override { asker_->resume(); }
    void finish(exchange&) override;
    std::optional<refusal> read(std::string_view body);
    void conclude(exchange&);
    void done();

    public_api& api_;
    exchange* asker_ = nullptr;
    json_body body_;
    auth::api_key_request request_;
};

} // namespace latchkey::http
