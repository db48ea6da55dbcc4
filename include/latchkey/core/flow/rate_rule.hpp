#pragma once
// What a rate limit allows: `quantity` in each `window`, at an even pace, and `burst` at once after
// a pause. It is kept in the limiter's units of time, so that a check only adds and compares.

#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>

namespace latchkey::core {

class rate_rule {
  public:
    /// The limiter's unit of time: 128 ns, a shift away from nanoseconds.
    static constexpr int unit_shift = 7;
    /// The longest time that a used-up burst may take to come back: burst * window / quantity.
    static constexpr nanoseconds refill_max = std::chrono::hours(7 * 24);

    /// Returns nullopt if a part is 0, if the rule allows more than one in a microsecond, or if the
    /// refill takes longer than `refill_max`. The pace is exact to half a unit: at 1,000 a second
    /// to 0.01 %, at 100,000 to 0.6 %.
    static std::optional<rate_rule> make(std::uint64_t quantity, nanoseconds window,
                                         std::uint64_t burst) noexcept;

    std::uint64_t quantity() const noexcept { return quantity_; }
    nanoseconds window() const noexcept { return window_; }
    std::uint64_t burst() const noexcept { return burst_; }

    // --- for the limiter, in units ---
    std::uint64_t interval() const noexcept { return interval_; } ///< between two requests
    std::uint64_t tolerance() const noexcept { return interval_ * burst_; }

    friend bool operator==(const rate_rule&, const rate_rule&) = default;

  private:
    rate_rule() = default;

    std::uint64_t quantity_ = 1;
    nanoseconds window_{};
    std::uint64_t burst_ = 1;
    std::uint64_t interval_ = 1;
};

} // namespace latchkey::core
