#pragma once
// What a verified token says (RFC 7519, RFC 9068): facts, no verdict.

#include <latchkey/auth/credential_kind.hpp>
#include <latchkey/core/clock.hpp>

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

struct issuer_rules;

struct token_claims {
    std::string issuer;
    std::optional<std::string> subject;
    std::optional<std::string> token_id;
    std::optional<std::string> organization_id; ///< in the form of canonical_organization()
    std::vector<std::string> audiences;
    std::vector<std::string> scopes; ///< sorted, each once
    std::optional<core::real_time> expires_at;
    std::optional<core::real_time> not_before;
    std::optional<core::real_time> issued_at;
    /// What revocations are compared with: `iat`, or that of the token that it was made from, if
    /// that is earlier. Nullopt counts as earlier than any time.
    std::optional<core::real_time> first_issued_at;
    /// When it ends under its issuer's rules, without the leeway; nullopt for never.
    std::optional<core::real_time> ends_at;
    /// `credential_kind`, which our own tokens have. Nullopt if it is missing or not understood.
    std::optional<credential_kind> made_from;
    /// `gen`: the generation of the credential that our own token was made from. 0, which is below
    /// all others, if it is missing or not understood.
    std::uint32_t generation = 0;
    /// The thumbprint of the only certificate that it is good with (`cnf`, RFC 8705, section 3.1):
    /// base64url of the SHA-256 of its DER form. Nullopt if it is bound to none.
    std::optional<std::string> certificate;
    /// `cnf` as JSON, if it also has members that nobody here can compare, such as DPoP's `jkt`
    /// (RFC 9449); else nullopt.
    std::optional<std::string> confirmation;
    /// `client_id` of our own tokens; nullopt if it is `sub` itself.
    std::optional<std::string> client_id;
    /// Of our own tokens that were made from another token: the issuer whose subject `sub` is
    /// (nullopt if it is a credential of ours), the `jti` of that token, and that of the token of
    /// ours between the two. They fall with each of them.
    std::optional<std::string> subject_issuer;
    std::optional<std::string> subject_token_id;
    std::optional<std::string> exchanged_token_id;
};

/// `iss`, if it is a string.
std::optional<std::string_view> issuer_of(const boost::json::object& claims);

/// Finds the member with this name (names may be URLs). If there is none, the name is split at a
/// dot: the part before it leads to an object, the rest to a member of that
/// ("app_metadata.organization_id"). The longest name that exists counts. Returns null if there is
/// none.
const boost::json::value* find_claim(const boost::json::object& claims, std::string_view name);

/// `iat`, if it is a date.
std::optional<core::real_time> issued_at_of(const boost::json::object& claims);

/// Reads the claims that have a meaning here; the rules say where some of them are. Returns nullopt
/// if one of them has a type or a value that RFC 7519 does not allow, or an id that no revocation
/// could name (revocable_id.hpp). A null counts as missing, except for `iss` and `sub`. Dates are
/// finite, not negative and at most 2^53. Scopes come from `scope` and `scp` (words between spaces,
/// or a list), `scopes` and `permissions` (lists); a claim of another type grants nothing. An
/// organization is a text, or the decimal text of a whole number; an empty text names none.
std::optional<token_claims> read_token_claims(const boost::json::object& claims,
                                              const issuer_rules&);

} // namespace latchkey::auth
