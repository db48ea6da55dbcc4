#pragma once
// Every request judges a verified token again: dates, revocation, audience and scopes.

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/auth/verdict.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace latchkey::auth {

/// What the caller asks of a token, beyond its being good.
struct token_request {
    std::optional<std::string_view> audience; ///< must be in `aud`
    std::span<const std::string_view> scopes; ///< all of them must be granted
};

/// Is the token's `typ` one of the rules' (RFC 8725, section 3.11)? One without counts as "JWT".
/// Pure.
bool type_fits(const std::optional<std::string>& type, const issuer_rules&);

/// What the token must say to be a token of this issuer at all: the required claims, a date of
/// expiry, and, where it can be revoked, of issue, without which nobody knows for how long a
/// revocation has to be kept; unless the rules do without. Null is no claim. Pure.
bool is_complete(const token_claims&, const boost::json::object& claims, const issuer_rules&);

/// Until when the token is good: `exp`, and no longer than the rules' lifetime after `iat`. The end
/// of time: for ever.
core::real_time expiry_of(const token_claims&, const issuer_rules&) noexcept;

/// Pure. The first of these that holds: ISSUER_MISMATCH (it names no organization that its issuer
/// may name), EXPIRED (`now` is past the expiry and the leeway),
/// NOT_YET_VALID (`nbf` or `iat` is ahead by more than the leeway), REVOKED, ORGANIZATION_DISABLED,
/// AUDIENCE_MISMATCH, INSUFFICIENT_SCOPES; else VALID, or nothing (it cannot be decided) where the
/// standing is unknown, or how organizations are told apart, which would decide.
std::optional<verdict> judge(const token_record&, const issuer_rules&, const token_request&,
                             core::real_time now, token_standing);

} // namespace latchkey::auth
