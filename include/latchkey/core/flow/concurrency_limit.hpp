#pragma once
// How much may be asked at once of one who gets slower with it, and who has to be sent away.
//
// The limit on what is under way follows the latency, as TCP Vegas and Netflix's gradient limit do:
// each round, the mean latency is held against the goal, which is `latency_target`, or twice the
// latency of an unloaded round where the other is far away. Above the goal the limit shrinks in
// proportion; below it, and when the limit was what held things up, it grows by its square root.
// The unloaded latency is measured anew each 10 s with the limit at its least for a moment (the
// dip), lest load that stays be taken for distance. Only what was sent in the dip counts: what was
// under way before tells the latency under load.
//
// Before it stands a queue, which may hold what gets its turn within `wait_target` (or one
// latency). It may hold more for `overload_after`: a burst passes. A queue that stays longer than
// that is overload, and then whoever does not fit is sent away at once, until for as long nobody
// had to be. (RFC 8289, CoDel: a standing queue, not a long one, is the trouble.)

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

/// Decides only. Lives on one thread.
class concurrency_limit {
  public:
    explicit concurrency_limit(const concurrency_bounds&);

    /// What may be under way now.
    std::size_t limit() const noexcept;
    /// So many have ended together, well or not, and took so long; `under_way` with them.
    void ended(nanoseconds took, std::size_t count, std::size_t under_way,
               steady_time now) noexcept;

    /// May one more join a queue of this length?
    bool admits(std::size_t waiting, steady_time now) noexcept;
    /// How long the queue may be for good.
    std::size_t waiting_max() const noexcept;

  private:
    static constexpr milliseconds round_length{25};
    static constexpr seconds baseline_for{10};
    static constexpr seconds dip_for_at_least{1}; ///< when nothing that was sent in it ends

    void end_round(steady_time now) noexcept;
    void next_round(steady_time now) noexcept;
    nanoseconds mean() const noexcept; ///< of this round, which has samples
    void begin_dip(steady_time now) noexcept;
    void end_dip(steady_time now) noexcept;
    void end_late_dip(steady_time now) noexcept;
    void adapt(std::size_t peak) noexcept;

    const concurrency_bounds bounds_;
    double limit_;

    // The round.
    steady_time round_began_{};
    steady_time round_ended_{}; ///< the one before
    nanoseconds sum_{0};
    std::size_t samples_ = 0;
    std::size_t ended_ = 0;
    std::size_t peak_ = 0; ///< most under way

    nanoseconds mean_{0};     ///< of the last round
    double rate_ = 0;         ///< that ended in a second, of the last round
    nanoseconds baseline_{0}; ///< of an unloaded one
    steady_time baseline_at_{};
    bool dipping_ = false;
    steady_time dip_began_{};
    steady_time dip_ends_{}; ///< at the latest

    // The queue.
    steady_time fitted_at_{}; ///< when it last was no longer than it may be for good
    bool overloaded_ = false;
    steady_time refused_at_{};
};

} // namespace latchkey::core
