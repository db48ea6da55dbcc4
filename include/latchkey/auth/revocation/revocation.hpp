#pragma once
// Revocations of tokens, and changes of them.

#include <latchkey/auth/credential_kind.hpp>
#include <latchkey/core/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

enum class revocation_kind {
    token,                 ///< one token: issuer and `jti`
    subject,               ///< all tokens of an issuer with this `sub`
    organization,          ///< all tokens that name the organization
    disabled_organization, ///< the same, while the organization is disabled
    credential,            ///< all of our tokens that were made from an API key or a device
};

inline constexpr std::array<std::string_view, 5> revocation_kinds = {
    "token", "subject", "organization", "disabled_organization", "credential"};

constexpr std::string_view name_of(revocation_kind kind) {
    return revocation_kinds[static_cast<std::size_t>(kind)];
}
constexpr std::optional<revocation_kind> revocation_kind_named(std::string_view name) {
    for (std::size_t i = 0; i < revocation_kinds.size(); ++i)
        if (revocation_kinds[i] == name) return static_cast<revocation_kind>(i);
    return std::nullopt;
}

struct revocation {
    revocation_kind kind{};
    std::string issuer; ///< of a token or a subject; otherwise empty
    std::string value;  ///< the token's, subject's, organization's or credential's id
    std::optional<core::real_time> issued_before; ///< nullopt for any time of issue
    std::optional<core::real_time> expires_at;    ///< nullopt: as long as such a token may live
    core::real_time created_at;
    /// The kind of a credential. Nullopt if it is not known: the revocation is then of an API key
    /// and of a device with that id.
    std::optional<credential_kind> of{};
    /// Of a credential: only its tokens of lower generations are revoked, and for good. It stands
    /// beside the credential's own revocation, which may be withdrawn.
    std::optional<std::uint32_t> below_generation{};
};

struct revocation_change {
    revocation what;
    bool withdrawn = false; ///< it does not hold any more
    bool at_least = false;  ///< keeps a later "issued before" that is already known
};

} // namespace latchkey::auth
