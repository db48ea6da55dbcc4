#pragma once
// Limits the calls under way to a service that gets slower under load, and decides who is refused.
//
// The limit follows the latency, as TCP Vegas and Netflix's gradient limit do: each round compares
// the mean latency with the goal, which is `latency_target` or, if that is longer, twice the
// latency of an unloaded round. Above the goal the limit shrinks in proportion, by 30 % in a round
// at most; at or below it, it grows by its square root if at least half of it was in use. Every ten
// seconds the limit drops to its minimum for a moment (the dip) to measure the unloaded latency
// again, so that a steady load is not mistaken for distance. Only calls that were sent in the dip
// count, since earlier ones show the latency under load.
//
// Calls above the limit wait in a queue. The queue may always hold what can be served within
// `wait_target` (or one mean latency, if that is longer). It may hold more for `overload_after`, so
// that a burst passes. A queue that stays longer is overload: then a call that does not fit is
// refused at once, until none had to be refused for `overload_after`. (RFC 8289, CoDel: the problem
// is a standing queue, not a long one.)

#include <latchkey/core/clock.hpp>

#include <cstddef>

namespace latchkey::core {

struct concurrency_bounds {
    std::size_t min = 32;
    std::size_t max = 2048;
    milliseconds latency_target{5};
    milliseconds wait_target{20};
    milliseconds overload_after{100};
};

/// Only decides; the owner sends and queues the calls. Lives on one thread.
class concurrency_limit {
  public:
    explicit concurrency_limit(const concurrency_bounds&);

    /// How many calls may be under way now.
    std::size_t limit() const noexcept;
    /// Reports that `count` calls ended together, well or not, after `took`. `under_way` includes
    /// them.
    void ended(nanoseconds took, std::size_t count, std::size_t under_way,
               steady_time now) noexcept;

    /// Whether one more call may join a queue of `waiting` calls.
    bool admits(std::size_t waiting, steady_time now) noexcept;
    /// How many calls the queue may hold for any length of time.
    std::size_t waiting_max() const noexcept;

  private:
    static constexpr milliseconds round_length{25};
    static constexpr seconds baseline_for{10};
    static constexpr seconds dip_for_at_least{1}; ///< if no call that was sent in it ends

    void end_round(steady_time now) noexcept;
    void next_round(steady_time now) noexcept;
    nanoseconds mean() const noexcept; ///< of this round; needs a sample
    void begin_dip(steady_time now) noexcept;
    void end_dip(steady_time now) noexcept;
    void end_late_dip(steady_time now) noexcept;
    void adapt(std::size_t peak) noexcept;

    const concurrency_bounds bounds_;
    double limit_;

    // This round.
    steady_time round_began_{};
    steady_time round_ended_{}; ///< end of the previous round
    nanoseconds sum_{0};
    std::size_t samples_ = 0;
    std::size_t ended_ = 0;
    std::size_t peak_ = 0; ///< the most calls under way

    nanoseconds mean_{0};     ///< of the last round
    double rate_ = 0;         ///< calls that ended per second in the last round
    nanoseconds baseline_{0}; ///< mean of an unloaded round
    steady_time baseline_at_{};
    bool dipping_ = false;
    steady_time dip_began_{};
    steady_time dip_ends_{}; ///< at the latest

    // The queue.
    steady_time fitted_at_{}; ///< when the queue was last within `waiting_max`
    bool overloaded_ = false;
    steady_time refused_at_{};
};

} // namespace latchkey::core
