#pragma once
// Decides when signing keys are made, begin to sign, and are retired, from the rows of the table of
// signing keys. The caller makes keys and writes rows, one step per transaction.
//
// A key's life is next → current → retiring → retired. Its public half is published from next to
// retiring. So verifiers have had it for `publish_ahead` before the first signature, and keep it
// for as long as a token that it signed may count:
//
//             publish_ahead               ≥ publish_ahead            retire_after
//    next ───────────────────▶ current ───────────────────▶ retiring ─────────────▶ retired
//    make_next            promote                promote of its successor       retire

#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <optional>
#include <span>
#include <string>

namespace latchkey::auth {

enum class signing_key_state {
    next,     ///< published; does not sign yet
    current,  ///< the one that signs
    retiring, ///< does not sign any more; its tokens can still be verified
    retired,
};

/// The part of one row that the plan needs. All times are of one clock, best the database's.
struct signing_key_times {
    std::string key_id;
    crypto::jws_algorithm algorithm{};
    signing_key_state state{};
    core::real_time published_at;                ///< when others could first fetch it
    std::optional<core::real_time> activates_at; ///< if next: when it is to become current
    std::optional<core::real_time> activated_at; ///< if current or later
    std::optional<core::real_time> retired_at;   ///< if retiring: when it stopped signing
};

struct signing_plan_settings {
    crypto::jws_algorithm algorithm{};
    core::seconds publish_ahead;     ///< longer than anybody keeps an old JWK set
    core::seconds rotation_interval; ///< at least twice publish_ahead is used
    core::seconds retire_after;      ///< longest life of a token, plus leeway and max_staleness
};

enum class signing_step {
    nothing,
    make_first, ///< a key that is current at once, since none can sign
    make_next,
    promote, ///< next becomes current, and current, if any, becomes retiring: in one transaction
    retire,
};

struct signing_decision {
    signing_step what{};
    std::string key_id;            ///< promote: of the next key; retire: of the retiring one
    core::real_time activates_at;  ///< make_first, make_next: of the new row
    core::real_time look_again_at; ///< nothing: when something will be due; otherwise `now`
};

/// Returns one step, the most urgent: what lets tokens be signed, promote, retire, make_next. A
/// next key is promoted early only if there is no current one (after a crash between two writes, or
/// when an operator dropped it). A clock that was set back delays steps; a token that was signed
/// before may outlive its key by at most the time by which the clock was set back.
signing_decision plan_signing_keys(std::span<const signing_key_times>, const signing_plan_settings&,
                                   core::real_time now);

} // namespace latchkey::auth
