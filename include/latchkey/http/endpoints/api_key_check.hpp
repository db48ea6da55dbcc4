#pragma once
// A request that needs an API key verified, and may wait for its look-up. What is asked and what is
// answered is the endpoint's: it derives from this.

#include <latchkey/auth/judge.hpp>
#include <latchkey/auth/verify_api_key.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

class public_api;

/// Owned by its worker's public_api, lent to one exchange at a time.
class api_key_question : public pending, public auth::api_key_inquiry {
  public:
    explicit api_key_question(public_api& api) : api_(api) {}

    /// Answers at once what needs no look-up; else waits for it.
    void ask(exchange&);

  protected:
    ~api_key_question() = default;

    /// Sets `presented_` and `request_`. Nothing, when all is well.
    virtual std::optional<refusal> read(std::string_view body) = 0;
    /// For a valid key. The record stays for the call.
    virtual void answer(exchange&, const auth::api_key_record&, auth::answer_source,
                        const core::moment& asked_at, const core::moment& now) = 0;
    /// It may be lent again.
    virtual void give_back() = 0;

    public_api& api_;
    json_body body_;
    std::string_view presented_; ///< the key
    auth::api_key_request request_;

  private:
    void decided() noexcept override { asker_->resume(); }
    void finish(exchange&) override;
    void conclude(exchange&);
    void done();

    exchange* asker_ = nullptr;
};

} // namespace latchkey::http
