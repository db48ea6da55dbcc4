#pragma once
// Short-lived access tokens for the holder of a credential that was just verified: `typ: at+jwt`
// with the claims of RFC 9068. Nothing here waits.

#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/credential_kind.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// What the caller wants in the token.
struct token_order {
    std::optional<std::string_view> audience;
    std::optional<std::span<const std::string_view>> scopes; ///< none: all that are granted
    std::optional<core::seconds> expires_in;
};

/// Whose token it is: a key, or a device, that is good and has the scopes that were asked for.
struct token_holder {
    credential_kind kind{}; ///< of those that tokens are made from
    std::string_view id;
    std::string_view organization_id;
    std::span<const std::string> scopes; ///< that are granted
    std::optional<core::real_time> expires_at;
};

struct issued_token {
    crypto::secret text;
    core::seconds expires_in{};
    std::vector<std::string_view> scopes; ///< as the order or the holder has them, each once
};

/// One per worker.
class token_issuer {
  public:
    static constexpr std::size_t audience_length_max = 1024; ///< bytes

    token_issuer(node_state& b, std::size_t worker, const token_configuration& settings,
                 core::counter& issued)
        : state_(b), worker_(worker), settings_(settings), issued_(issued) {}

    /// What is wrong with the order, as a sentence.
    std::optional<std::string> complaint_about(const token_order&) const;
    /// Why nothing can be signed now: whoever wants a token is told so before a credential is
    /// looked at, and that is no use of it.
    std::optional<core::failure> obstacle(const core::moment& now) const;
    /// Never good for longer than its holder. Fails with `unavailable` when there is nothing to
    /// sign with, and with `invalid` when the holder's time is up.
    core::result<issued_token> issue(const token_holder&, const token_order&,
                                     const core::moment& now);

  private:
    /// Pinned. Fails with `unavailable`.
    core::result<const token_signer*> signer(const core::moment& now) const;

    node_state& state_;
    const std::size_t worker_;
    const token_configuration& settings_;
    core::counter& issued_;
};

} // namespace latchkey::auth
