#pragma once
// What a verified token says (RFC 7519, RFC 9068): facts, no verdict.

#include <latchkey/auth/credential_kind.hpp>
#include <latchkey/core/clock.hpp>

#include <boost/json/fwd.hpp>

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
    std::optional<std::string> organization_id; ///< as canonical_organization() has it
    std::vector<std::string> audiences;
    std::vector<std::string> scopes; ///< sorted, each once
    std::optional<core::real_time> expires_at;
    std::optional<core::real_time> not_before;
    std::optional<core::real_time> issued_at;
    /// When it really ends under its issuer's rules, leeway left out; none: never.
    std::optional<core::real_time> ends_at;
    /// `credential_kind`, which our own tokens have. None: it is not there, or is not understood.
    std::optional<credential_kind> made_from;
};

/// `iss`, where it is a string.
std::optional<std::string_view> issuer_of(const boost::json::object& claims);

/// The member that the name leads to: the one that is called so (names may be URLs), or else, at a
/// dot, a member of the object that the letters before it lead to ("app_metadata.organization_id").
/// The longest name that is there counts. Null: there is none.
const boost::json::value* find_claim(const boost::json::object& claims, std::string_view name);

/// `iat`, where it is a date.
std::optional<core::real_time> issued_at_of(const boost::json::object& claims);

/// Reads the claims that mean something here, as the rules say where they are. Nothing: one of them
/// has a type or a value that RFC 7519 does not allow, or that no revocation could name
/// (revocable_id.hpp). Null is as absent, but for `iss` and `sub`. Dates are finite, not negative
/// and at most 2^53. Scopes come from `scope` and `scp` (between spaces, or a list), `scopes` and
/// `permissions` (lists); what has another shape there grants nothing. An organization is a text,
/// of which an empty one names none, or the decimal text of a whole number.
std::optional<token_claims> read_token_claims(const boost::json::object& claims,
                                              const issuer_rules&);

} // namespace latchkey::auth
