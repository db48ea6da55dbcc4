#pragma once
// Every request judges a verified token again: dates, revocation, audience and scopes.

#include <latchkey/auth/cache/question.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/permission_expression.hpp>
#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/auth/verdict.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// Whose token was refused, for the log.
struct refused_token {
    std::string subject;
    std::string organization;
    std::optional<answer_source> how; ///< nullopt: no issuer's token, or a bad one
};

/// What the caller asks of a token besides being good.
struct token_request {
    std::optional<std::string_view> audience; ///< must be in `aud`
    std::span<const std::string_view> scopes; ///< all of them must be granted
    /// The only organization of whose tokens the asker may know: all others are NOT_FOUND.
    std::optional<std::string_view> organization{};
    bool any_audience = false; ///< whoever holds the token asks, for whatever audience it is
    /// A token of ours may be for any audience, which is told. What other issuers' tokens must name
    /// stays as configured.
    bool any_own_audience = false;
    /// The thumbprint of the certificate that its holder has shown; empty if none was. A token that
    /// is bound to another is CERTIFICATE_MISMATCH. Nullopt: nobody knows, and nothing is compared.
    std::optional<std::string_view> certificate{};
    /// With `certificate`: a token that is bound to what nobody here can compare (`cnf` with other
    /// members) is CERTIFICATE_MISMATCH, too.
    bool refuses_other_bindings = false;
    /// It is asked for to be ended: neither a date ahead nor a disabled organization protects it.
    bool to_be_ended = false;
    /// Whose tokens may be VALID; if it is empty, all organizations', and those of none.
    std::span<const std::string_view> organizations{};
    const permission_expression* permissions = nullptr; ///< must hold, too; null: nothing more
    /// Is told whose token it is, if it is known and not VALID.
    refused_token* refused = nullptr;
};

/// True if the token's `typ` is one of the rules' (RFC 8725, section 3.11). A missing `typ` counts
/// as "JWT". Pure.
bool type_fits(const std::optional<std::string>& type, const issuer_rules&);

/// True if the token says what a token of this issuer must say: the required claims, when it
/// expires, and, if it can be revoked, when it was issued (otherwise nobody knows how long a
/// revocation must be kept). The rules may allow a date to be missing. A null counts as missing.
/// Pure.
bool is_complete(const token_claims&, const boost::json::object& claims, const issuer_rules&);

/// When the token ends: at `exp`, but no later than the rules' lifetime after `iat`.
/// core::real_time::max() means never.
core::real_time expiry_of(const token_claims&, const issuer_rules&) noexcept;

/// Pure. Returns the first of these that applies: NOT_FOUND (it is not of the only organization
/// that the asker may know of), ISSUER_MISMATCH (it names no organization that its issuer may
/// name), EXPIRED (`now` is past the end and the leeway), NOT_YET_VALID (`nbf` or `iat` is ahead by
/// more than the leeway), REVOKED, ORGANIZATION_DISABLED, ORGANIZATION_NOT_ALLOWED,
/// AUDIENCE_MISMATCH, CERTIFICATE_MISMATCH, INSUFFICIENT_SCOPES; otherwise VALID. Returns nullopt
/// (it cannot be decided) if that depends on a standing, or on a form of organizations' ids, that
/// is unknown.
std::optional<verdict> judge(const token_record&, const issuer_rules&, const token_request&,
                             core::real_time now, token_standing);

} // namespace latchkey::auth
