#include <latchkey/core/flow/rate_rule.hpp>

namespace latchkey::core {

std::optional<rate_rule> rate_rule::make(std::uint64_t quantity, nanoseconds window,
                                         std::uint64_t burst) noexcept {
    constexpr std::uint64_t unit = 1 << unit_shift;
    constexpr std::uint64_t interval_min_ns = 1000;
    if (quantity == 0 || burst == 0 || window <= nanoseconds(0)) return std::nullopt;
    const auto window_ns = static_cast<std::uint64_t>(window.count());
    if (window_ns / interval_min_ns < quantity) return std::nullopt;
    rate_rule rule;
    rule.quantity_ = quantity;
    rule.window_ = window;
    rule.burst_ = burst;
    const auto divisor = quantity * unit;
    rule.interval_ = (window_ns + divisor / 2) / divisor;
    const auto refill = static_cast<std::uint64_t>(refill_max.count()) / unit;
    if (burst > refill / rule.interval_) return std::nullopt;
    return rule;
}

} // namespace latchkey::core
