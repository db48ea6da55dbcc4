#pragma once
// Every request judges the record again, so a cached fact never outlives its `expires_at`, and a
// hit never skips a scope.

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/auth/permission_expression.hpp>
#include <latchkey/auth/verdict.hpp>
#include <latchkey/core/flow/charged_limits.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace latchkey::auth {

/// What the caller asks of a key besides being good.
struct api_key_request {
    std::span<const std::string_view> scopes; ///< all of them must be granted
    std::optional<core::address> ip;          ///< the end user's address
    std::uint64_t cost = 1;                   ///< taken from the key's own limit and credits
    bool spends_credits = true;               ///< false: the key only says who asks
    /// Whose keys may be VALID; if it is empty, all organizations'.
    std::span<const std::string_view> organizations{};
    /// Which key its holder says it is. Whoever has the secret of another does not have this one's.
    std::optional<std::string_view> key_id{};
    const permission_expression* permissions = nullptr; ///< must hold, too; null: nothing more
    /// The limits that have counted it already; null: it is asked only once.
    core::charged_limits* charged = nullptr;
};

/// Pure. Returns the first of these that applies: NOT_FOUND (it is not the key that its holder
/// names), EXPIRED for a secret that a rotation has replaced
/// (`now >= retires_at`; whoever holds it learns nothing else), REVOKED, DISABLED,
/// ORGANIZATION_DISABLED, EXPIRED (`now >= expires_at`), ORGANIZATION_NOT_ALLOWED, IP_NOT_ALLOWED
/// (the record lists networks and `ip` is absent or in none of them), INSUFFICIENT_SCOPES (of the
/// scopes, or the permissions do not hold); otherwise VALID.
verdict judge(const api_key_record& record, const api_key_request& request, core::real_time now);

} // namespace latchkey::auth
