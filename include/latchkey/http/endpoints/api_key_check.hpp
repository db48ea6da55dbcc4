#pragma once

#include <latchkey/auth/judge.hpp>
#include <latchkey/auth/verify_api_key.hpp>
#include <latchkey/http/endpoints/credential_request.hpp>

namespace latchkey::http {

/// Of an API key; the request that has it sets what is asked.
class api_key_check final : public credential_check, private auth::api_key_inquiry {
  public:
    using valid_answer = holder_answer<auth::api_key_record>;

    api_key_check(public_api& api, valid_answer& endpoint) : api_(api), endpoint_(endpoint) {}

    std::string_view presented; ///< the key
    auth::api_key_request request;

    progress begin(exchange&) override;
    progress go_on(exchange&) override;
    void reset() noexcept override;

  private:
    void decided() noexcept override { asker_->resume(); }
    bool admits(exchange&, const auth::api_key_record&);
    void answer_good_key(exchange&, const auth::api_key_record&, const finding&);
    void answer_bad_key(exchange&, auth::verdict);

    public_api& api_;
    valid_answer& endpoint_;
    exchange* asker_ = nullptr;
};

} // namespace latchkey::http
