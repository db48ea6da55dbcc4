#pragma once

#include <latchkey/http/endpoints/api_key_question.hpp>

namespace latchkey::http {

/// POST /api/v1/auth/verify-api-key
void verify_api_key(exchange&, public_api&);

/// One such request.
class key_verification final : public api_key_question {
  public:
    using api_key_question::api_key_question;

  private:
    std::optional<refusal> read(std::string_view body) override;
    void answer(exchange&, const auth::api_key_record&, auth::answer_source,
                const core::moment& asked_at, const core::moment& now) override;
    void give_back() override;
};

} // namespace latchkey::http
