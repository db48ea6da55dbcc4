#include "auth/issuer/unknown_key_id.hpp"

#include <latchkey/auth/token/judge_token.hpp>
#include <latchkey/auth/token/token_claims.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

using kind = unknown_key_id_answer::kind;

// When the keys in use were fetched. Our own keys come by the feed.
std::optional<core::moment> as_of(const issuer& by, const clock_reading& at) {
    if (!by.rules.own) return by.keys_as_of;
    const bool never = at.freshness.boot == core::boot_time();
    return never ? std::nullopt : std::optional(at.freshness);
}

// Converts by the real clock as it is now, since it may have been set meanwhile.
core::real_time real_time_of(const core::moment& then, const core::moment& now) {
    const auto ago = std::chrono::duration_cast<core::real_time::duration>(now.boot - then.boot);
    return std::min(then.real, now.real - ago);
}

} // namespace

std::optional<verdict> decided_by_claims(const boost::json::object& unverified_claims,
                                         const issuer_rules& rules, core::real_time now,
                                         bool to_be_ended) {
    const auto claims = read_token_claims(unverified_claims, rules);
    if (!claims || !is_complete(*claims, unverified_claims, rules)) return verdict::invalid_format;
    const auto ahead = [&](const std::optional<core::real_time>& date) {
        return date && *date > now + rules.leeway;
    };
    if (now - rules.leeway >= expiry_of(*claims, rules)) return verdict::expired;
    const bool is_ahead = ahead(claims->not_before) || ahead(claims->issued_at);
    if (is_ahead && !to_be_ended) return verdict::not_yet_valid;
    return std::nullopt;
}

unknown_key_id_answer answer_unknown_key_id(const issuer& by,
                                            const std::optional<core::real_time>& issued_at,
                                            const clock_reading& at) {
    const auto asked = as_of(by, at);
    if (asked && asked->boot == latest_keys.boot) return {kind::unknown};
    // The keys were fetched after the question first came. So they are newer than the token,
    // whatever its `iat` says.
    if (asked && at.first && asked->boot >= at.first->boot) return {kind::unknown};
    // `iat` is in whole seconds.
    if (asked && issued_at &&
        real_time_of(*asked, at.now) >= *issued_at + core::seconds(1) + by.rules.leeway)
        return {kind::unknown};
    if (!by.fetching) return {kind::undecided};
    const auto state = by.fetching->read();
    const bool may_come = state.under_way || at.now.boot >= state.not_before;
    if (may_come && !at.first) return {kind::ask};
    if (state.answered) return {kind::unknown};
    const auto rest = state.under_way ? core::nanoseconds(0) : state.not_before - at.now.boot;
    return {kind::undecided, std::max(rest, core::nanoseconds(0))};
}

} // namespace latchkey::auth
