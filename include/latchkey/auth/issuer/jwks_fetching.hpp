#pragma once
// What the workers need to know about the fetches of an issuer's JWK set.

#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace latchkey::auth {

/// Written by one thread. A reader gets values that were true at one time.
///
/// The end of a fetch is stored after its keys are in use: a worker that reads that it has ended,
/// and reads the issuers afterwards, sees those keys.
class jwks_fetching {
  public:
    struct state {
        bool under_way = false;
        bool answered = false; ///< the last fetch that ended had an answer; false before the first
        core::boot_time not_before; ///< the next fetch begins no earlier
    };
    state read() const noexcept {
        const auto word = word_.load();
        return {(word & under_way) != 0, (word & answered) != 0,
                core::boot_time(core::nanoseconds(word >> flags))};
    }

    // --- its one writer ---
    void began(core::boot_time not_before) noexcept {
        word_.store(pack(not_before) | under_way | (word_.load() & answered));
    }
    void ended(bool with_answer, core::boot_time not_before) noexcept {
        word_.store(pack(not_before) | (with_answer ? answered : 0));
    }

  private:
    static constexpr std::int64_t under_way = 1;
    static constexpr std::int64_t answered = 2;
    static constexpr int flags = 2;
    static constexpr std::int64_t time_max = INT64_MAX >> flags; // 73 years after the boot

    static std::int64_t pack(core::boot_time at) noexcept {
        return std::clamp<std::int64_t>(at.time_since_epoch().count(), 0, time_max) << flags;
    }

    std::atomic<std::int64_t> word_{0};
};

} // namespace latchkey::auth
