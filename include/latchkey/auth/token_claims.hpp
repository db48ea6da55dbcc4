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

struct token_claims {
    std::string issuer;
    std::optional<std::string> subject;
    std::optional<std::string> token_id;
    std::optional<std::string> organization_id;
    std::vector<std::string> audiences;
    std::vector<std::string> scopes; ///< sorted, each once
    std::optional<core::real_time> expires_at;
    std::optional<core::real_time> not_before;
    std::optional<core::real_time> issued_at;
    /// `credential_kind`, which our own tokens have. None: it is not there, or is not understood.
    std::optional<credential_kind> made_from;
};

/// `iss`, where it is a string.
std::optional<std::string_view> issuer_of(const boost::json::object& claims);

/// `iat`, where it is a date.
std::optional<core::real_time> issued_at_of(const boost::json::object& claims);

/// Reads the claims that mean something here; `organization_claim` names the one that has the
/// organization, with dots for members of members ("app_metadata.organization_id"). Nothing: one
/// of them has a type or a value that RFC 7519 does not allow. Dates are finite, not negative and
/// at most 2^53. Scopes come from `scope` (between spaces), `scp` (the same, or a list), `scopes`
/// and `permissions` (lists).
std::optional<token_claims> read_token_claims(const boost::json::object& claims,
                                              std::string_view organization_claim);

} // namespace latchkey::auth
