#pragma once
// Decides about a token whose signing key is not among its issuer's. Its signature cannot be
// checked, so anybody may have made it up: it may cost at most one fetch of the keys per cooldown,
// and must not stay undecided for ever. But it may also be a good one, signed with a newer key.
//
// In this order: the verdict that the claims alone allow; UNKNOWN_KEY_ID if the keys were fetched
// after the token was issued; otherwise the keys are fetched once more. If that fetch has an
// answer, the token is UNKNOWN_KEY_ID until the next fetch may begin; if it has none, the token is
// not decided.

#include <latchkey/auth/cache/clock_reading.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/verdict.hpp>

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>

namespace latchkey::auth {

/// Returns the verdict that no key can change: INVALID_FORMAT for claims that cannot be read or are
/// incomplete, EXPIRED, NOT_YET_VALID; otherwise nullopt. The claims are not verified, but they can
/// only make their own token be refused. `to_be_ended` (token_request): a date ahead decides
/// nothing, since the token could be good later. Pure.
std::optional<verdict> decided_by_claims(const boost::json::object& unverified_claims,
                                         const issuer_rules&, core::real_time now,
                                         bool to_be_ended = false);

struct unknown_key_id_answer {
    enum class kind {
        unknown,   ///< UNKNOWN_KEY_ID
        ask,       ///< have the keys fetched, or wait for the fetch under way
        undecided, ///< the keys could not be fetched; see `retry_after`
    };
    kind what;
    core::nanoseconds retry_after{}; ///< until the next fetch may begin
};

/// Call after decided_by_claims. `issued_at` is the token's own claim.
unknown_key_id_answer answer_unknown_key_id(const issuer&,
                                            const std::optional<core::real_time>& issued_at,
                                            const clock_reading&);

} // namespace latchkey::auth
