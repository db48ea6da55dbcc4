#pragma once
// When signing keys are made, put to use and taken away. Decides only, over the rows of the table
// of signing keys: its caller makes keys and writes rows, one step per transaction.
//
// A key's life is next → current → retiring → retired. Its public half is published from next to
// retiring, so that whoever verifies has had it for `publish_ahead` before the first signature, and
// keeps it for as long as the last one may count:
//
//            publish_ahead               ≥ publish_ahead            retire_after
//   next ───────────────────▶ current ───────────────────▶ retiring ─────────────▶ retired
//   make_next            promote                promote of its successor       retire

#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <optional>
#include <span>
#include <string>

namespace latchkey::auth {

enum class signing_key_state {
    next,     ///< published, does not sign yet
    current,  ///< the one that signs
    retiring, ///< signs no more, what it signed may still be verified
    retired,
};

/// Of one row, what the plan needs. All times are of one clock, best the database's.
struct signing_key_times {
    std::string key_id;
    crypto::jws_algorithm algorithm{};
    signing_key_state state{};
    core::real_time published_at;                ///< when others could first fetch it
    std::optional<core::real_time> activates_at; ///< of next: when it is to become current
    std::optional<core::real_time> activated_at; ///< of current and after
    std::optional<core::real_time> retired_at;   ///< of retiring: when it ceased to sign
};

struct signing_plan_settings {
    crypto::jws_algorithm algorithm{};
    core::seconds publish_ahead;     ///< longer than anybody keeps an old set of keys
    core::seconds rotation_interval; ///< less than twice publish_ahead counts as that
    core::seconds retire_after;      ///< longest life of a token, leeway and max_staleness
};

enum class signing_step {
    nothing,
    make_first, ///< a key that is current at once: there is none that could sign
    make_next,
    promote, ///< next becomes current, and current, if there is one, retiring: one transaction
    retire,
};

struct signing_decision {
    signing_step what{};
    std::string key_id;            ///< promote: the next key; retire: which
    core::real_time activates_at;  ///< make_first, make_next: for the new row
    core::real_time look_again_at; ///< nothing: when something will be due; else `now`
};

/// One step, the most urgent: what lets tokens be signed, promote, retire, make_next. A next key is
/// promoted before its time only when there is no current one (a crash between two writes, or an
/// operator took it away). A clock that was set back delays steps; a token signed before that may
/// outlive its key, by no more than the clock was set back.
signing_decision plan_signing_keys(std::span<const signing_key_times>, const signing_plan_settings&,
                                   core::real_time now);

} // namespace latchkey::auth
