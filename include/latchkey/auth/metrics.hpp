#pragma once
// The metric cells of the auth room, one set per worker.

#include <latchkey/auth/verdict.hpp>
#include <latchkey/core/metrics.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace latchkey::auth {

/// For one kind of credential.
struct verification_cells {
    std::array<core::counter, verdict_codes.size()> verdicts;
    core::counter undecided; ///< UNAVAILABLE
    core::counter hits;
    core::counter misses;      ///< neither a fact nor a negative entry was there
    core::counter repeats;     ///< answered by an earlier proof that the token is not good
    core::counter good_checks; ///< of signatures
    core::counter bad_checks;  ///< of signatures
    core::counter over_budget; ///< signatures not checked: over the budget

    /// Any thread. `kind` is also the cache's name.
    void collect(core::metric_sink&, std::string_view kind) const;
};

/// What has been decided since the start, of all kinds of credentials.
struct verdict_totals {
    std::array<std::uint64_t, verdict_codes.size()> by_code{};
    std::uint64_t undecided = 0;
    std::uint64_t hits = 0; ///< of all caches
    std::uint64_t misses = 0;
};

struct metrics {
    verification_cells api_keys;
    verification_cells tokens;
    verification_cells devices;
    core::counter negative_hits;
    core::counter tokens_issued;

    /// Any thread.
    void collect(core::metric_sink&) const;
    void add_to(verdict_totals&) const;
};

} // namespace latchkey::auth
