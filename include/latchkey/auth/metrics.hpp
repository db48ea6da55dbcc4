#pragma once
// The auth room's cells, one set per worker.

#include <latchkey/auth/verdict.hpp>
#include <latchkey/core/metrics.hpp>

#include <array>

namespace latchkey::auth {

struct metrics {
    std::array<core::counter, verdict_codes.size()> api_key_verdicts;
    core::counter api_keys_undecided; ///< UNAVAILABLE
    core::counter api_key_hits;
    core::counter api_key_misses; ///< neither found nor known to be absent
    core::counter negative_hits;

    /// Any thread.
    void collect(core::metric_sink&) const;
};

} // namespace latchkey::auth
