#pragma once
// Stops asking one that does not answer. (M. Nygard, Release It!, 2nd ed., "Circuit Breaker".)
//
//   closed      calls go through and are counted; too many failures among those of the last
//               window, and it opens
//   open        nobody calls, for a while that doubles each time, within bounds and with jitter
//   half-open   one to three probes may call: all good, and it closes; one bad, and it opens
//
// A call fails when it was not answered: an error, a time-out, no connection. An answer that the
// caller does not like ("no such key") is a good one.
//
// Everything is in one 64-bit word, so that a decision is one load, and a change one
// compare-and-swap that all cores agree on. Calls are counted in two slots of one window each; the
// older one weighs as much as the sliding window still covers of it. Counts share a scale: when one
// is full all are halved, and what comes later is rounded at random, so that none is lost on
// average. The slots' numbers repeat after 4096 windows: after a rest of exactly that length, old
// counts are taken for new ones.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::core {

/// Section [breaker].
struct breaker_configuration {
    bool enabled = true;
    milliseconds window{500};
    std::size_t calls_min = 20;    ///< within the window, before any rate counts
    std::size_t failure_rate = 50; ///< percent
    milliseconds open_time{500};   ///< of the first time; doubles up to the next
    milliseconds open_time_max{2000};
    std::size_t probes = 2; ///< 1 to 3: all must be answered for it to close
};

/// As the metric spells them.
enum class breaker_state : std::uint8_t { closed = 0, half_open = 1, open = 2 };
std::string_view name_of(breaker_state) noexcept;

/// One for the process. Any thread may call anything.
class circuit_breaker {
  public:
    /// The period in which a call was let through: its outcome counts in no other.
    using permit = std::uint8_t;
    /// This call, and no other, has changed the state: say so.
    struct change {
        breaker_state to;
        milliseconds open_for{0}; ///< when it opened
    };
    struct admission {
        std::optional<permit> allowed;
        std::optional<change> changed;
    };

    explicit circuit_breaker(const breaker_configuration& settings);

    /// May this call go through? While half-open, it is a probe: its outcome must be told.
    admission admit(steady_time now) noexcept;
    /// Nothing has changed since the permit was given.
    bool holds(permit) const noexcept;

    /// `random`: any 64 bits, anew each time.
    std::optional<change> succeeded(permit, std::size_t calls, steady_time now,
                                    std::uint64_t random) noexcept;
    std::optional<change> failed(permit, std::size_t calls, steady_time now,
                                 std::uint64_t random) noexcept;
    /// A call that could not even be tried, for want of a connection: a failure, while closed.
    std::optional<change> not_tried(steady_time now, std::uint64_t random) noexcept;
    /// One who was out of reach has been reached: no need to sit the time out.
    std::optional<change> reached(steady_time now) noexcept;

    breaker_state state() const noexcept;
    /// `auth_breaker_state`.
    void collect(metric_sink&) const;

  private:
    template <class Step>
    std::optional<change> apply(Step&& step) noexcept;
    std::uint64_t opened(std::uint64_t word, std::int64_t now_ms, std::uint64_t random,
                         change& made) const noexcept;
    std::uint64_t half_opened(std::uint64_t word, std::int64_t now_ms,
                              unsigned probes) const noexcept;
    std::uint64_t slid(std::uint64_t word, std::int64_t now_ms) const noexcept;
    bool trips(std::uint64_t word, std::int64_t now_ms) const noexcept;

    const breaker_configuration settings_;
    std::atomic<std::uint64_t> word_{0}; // closed, nothing counted
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

} // namespace latchkey::core
