#pragma once
// Issues short-lived access tokens to the holder of a credential that was just verified: `typ:
// at+jwt` with the claims of RFC 9068. Nothing here waits.

#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/credential_kind.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// What the caller wants in the token.
struct token_order {
    std::optional<std::string_view> audience{};
    std::optional<std::span<const std::string_view>> scopes{}; ///< nullopt for all that are granted
    std::optional<core::seconds> expires_in{};
    /// The thumbprint of the certificate that the token is bound to (RFC 8705, section 3.1); empty:
    /// it is bound to none.
    std::string_view certificate{};
};

/// The holder of the token: a credential that is good and has the requested scopes.
struct token_holder {
    credential_kind kind{}; ///< `token` for another issuer's token
    std::string_view id;
    std::string_view organization_id;
    std::span<const std::string> scopes; ///< all granted ones
    std::optional<core::real_time> expires_at;
    std::uint32_t generation;  ///< the credential's, as it was verified
    std::string_view issuer{}; ///< the other issuer whose subject `id` is; empty: it is of ours
    /// Whose wish the token is (`client_id`); empty: the holder's own, or its issuer's.
    std::string_view client{};

    // --- of a token: with what the new one falls ---
    std::string_view token_id{}; ///< its `jti`
    /// The presented token's own `jti`, if that token was made from another one; `token_id` is then
    /// the other's.
    std::string_view exchanged_token_id{};
    /// The first token's `iat`, 1970 if it has none. A revocation of what was issued before some
    /// time is compared with it, by `tokens.leeway`; so of another issuer's token it is earlier by
    /// what that issuer's leeway has more.
    std::optional<core::real_time> issued_at{};
};
struct token_claims;

struct issued_token {
    crypto::secret text;
    core::seconds expires_in{};
    std::vector<std::string_view> scopes; ///< the order's or the holder's, each once
};

/// One per worker, on its thread.
class token_issuer {
  public:
    static constexpr std::size_t audience_length_max = 1024; ///< bytes

    token_issuer(node_state& b, std::size_t worker, const token_configuration& settings,
                 core::counter& issued)
        : state_(b), worker_(worker), settings_(settings), issued_(issued) {}

    /// Whom a token is for if the order names nobody.
    std::string_view default_audience() const noexcept { return settings_.audience; }
    /// Returns who holds a good token; the texts are views into its claims. What one of our own
    /// tokens was made from is handed on; what another issuer says about our credentials is not. Of
    /// a longer chain, the first token and the one after it are remembered.
    token_holder holder_of(const token_claims&) const;
    /// Returns what is wrong with the order, as a sentence, or nullopt.
    std::optional<std::string> complaint_about(const token_order&) const;
    /// Returns why nothing can be signed now, or nullopt. Asked before the credential is verified,
    /// so that a request that must fail does not count as a use of it.
    std::optional<core::failure> obstacle(const core::moment& now) const;
    /// The token is never good for longer than its holder. Fails with `unavailable` if nothing can
    /// sign now, and with `invalid` if the holder has expired.
    core::result<issued_token> issue(const token_holder&, const token_order&,
                                     const core::moment& now);

  private:
    /// The caller must have pinned an epoch. Fails with `unavailable`.
    core::result<const token_signer*> signer(const core::moment& now) const;

    node_state& state_;
    const std::size_t worker_;
    const token_configuration& settings_;
    core::counter& issued_;
};

} // namespace latchkey::auth
