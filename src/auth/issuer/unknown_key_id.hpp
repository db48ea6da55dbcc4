#pragma once
// What a token is told whose key is not among its issuer's. Its signature cannot be checked, so
// anybody may have made it up: that may neither cost more than one fetch of the keys now and then,
// nor leave the question open for ever. It may also be a good one of a key that was made since.
//
// In this order: what its claims decide alone; UNKNOWN_KEY_ID, when the keys were asked for after
// it was issued; else they are asked for once more, and after an answer it is UNKNOWN_KEY_ID until
// they may be asked for again. Without an answer it is not decided.

#include <latchkey/auth/cache/clock_reading.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/verdict.hpp>

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>

namespace latchkey::auth {

/// What no key could make better: INVALID_FORMAT for claims that cannot be read or are not
/// complete, EXPIRED, NOT_YET_VALID. The claims are nobody's word: they only ever refuse their own
/// token. Pure.
std::optional<verdict> decided_by_claims(const boost::json::object& unverified_claims,
                                         const issuer_rules&, core::real_time now);

struct unknown_key_id_answer {
    enum class kind {
        unknown,   ///< UNKNOWN_KEY_ID
        ask,       ///< have the keys asked for, or wait for those that are on their way
        undecided, ///< the keys could not be had; `retry_after`
    };
    kind what;
    core::nanoseconds retry_after{}; ///< until they are asked for again
};

/// After decided_by_claims. `issued_at` as the token says.
unknown_key_id_answer answer_unknown_key_id(const issuer&,
                                            const std::optional<core::real_time>& issued_at,
                                            const clock_reading&);

} // namespace latchkey::auth
