#pragma once
// Stops sending calls to a service that does not answer. (M. Nygard, Release It!, 2nd ed., "Circuit
// Breaker".)
//
//   closed      calls go through and are counted; the breaker opens when too many of the calls in
//               the last window failed
//   open        no call goes through, for a time that doubles with each opening, within bounds and
//               with jitter
//   half-open   one to three probes go through: if all succeed, the breaker closes; if one fails,
//               it opens
//
// A call fails if it was not answered: an error, a time-out, no connection. An answer that the
// caller does not like ("no such key") is a success.
//
// The whole state is one 64-bit word: a decision is one load, and a change is one compare-and-swap
// that all cores agree on. Calls are counted in two slots of one window each; the older slot weighs
// as much as the sliding window still covers of it. The counts share a scale: when one is full, all
// are halved, and later calls are rounded at random, so that on average none is lost. The slots'
// numbers repeat after 4096 windows: after a pause of exactly that length, old counts are taken for
// new ones.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::core {

/// The settings of section [breaker].
struct breaker_configuration {
    bool enabled = true;
    milliseconds window{500};
    std::size_t calls_min = 20;    ///< in a window; with fewer, the failure rate is ignored
    std::size_t failure_rate = 50; ///< percent
    milliseconds open_time{500};   ///< at first; doubles up to `open_time_max`
    milliseconds open_time_max{2000};
    std::size_t probes = 2; ///< 1 to 3; all must succeed to close
};

/// The numbers are the values of the metric.
enum class breaker_state : std::uint8_t { closed = 0, half_open = 1, open = 2 };
std::string_view name_of(breaker_state) noexcept;

/// One for the process. Any thread may call any member.
class circuit_breaker {
  public:
    /// The period in which a call was let through; each change of state begins another period. The
    /// outcome counts in the call's own period only.
    using permit = std::uint8_t;
    /// A change of state. Exactly one caller gets it, and logs it.
    struct change {
        breaker_state to;
        milliseconds open_for{0}; ///< set if it opened
    };
    struct admission {
        std::optional<permit> allowed;
        std::optional<change> changed;
    };

    explicit circuit_breaker(const breaker_configuration& settings);

    /// Decides whether a call may go through. While half-open, the call is a probe, and its outcome
    /// must be reported.
    admission admit(steady_time now) noexcept;
    /// True if the state has not changed since the permit was given.
    bool holds(permit) const noexcept;

    /// The outcome of `calls` calls. `random` is 64 random bits, new in each call.
    std::optional<change> succeeded(permit, std::size_t calls, steady_time now,
                                    std::uint64_t random) noexcept;
    std::optional<change> failed(permit, std::size_t calls, steady_time now,
                                 std::uint64_t random) noexcept;
    /// Reports a call that could not be tried because there was no connection. It counts as a
    /// failure while the breaker is closed, and not at all otherwise.
    std::optional<change> not_tried(steady_time now, std::uint64_t random) noexcept;
    /// Reports that the service can be reached again: an open breaker becomes half-open at once.
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
