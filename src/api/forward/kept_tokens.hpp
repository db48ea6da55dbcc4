#pragma once
// Tokens of ours for upstreams (X-Latchkey-Token). Signing costs as much as ten answers, so one
// token serves the questions about one credential, for the same audience and scopes, while it
// lives.

#include <latchkey/api/forward_policy.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/issue_token.hpp>
#include <latchkey/core/result.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace latchkey::api {

class public_api;

/// One per worker, used on its thread.
class kept_tokens {
  public:
    explicit kept_tokens(public_api& api) : api_(api) {}

    /// Returns a token with the demand's scopes (without any, with all of the holder's), which
    /// lives for a third of its time at least. The view is valid until the next call. Fails as
    /// token_issuer::issue does.
    core::result<std::string_view> token_for(const auth::token_holder&, const forward_demand&,
                                             const core::moment& now);

  private:
    struct kept {
        crypto::secret text;
        core::real_time made_at;
        core::real_time renew_at;
        std::weak_ptr<const auth::token_signer> by; ///< a dropped signing key ends its tokens
    };
    const kept* find(const std::string& name, const core::moment& now);

    public_api& api_;
    std::unordered_map<std::string, kept> all_;
    std::string name_; // of the token that is asked for; reused
};

} // namespace latchkey::api
