#include <latchkey/core/flow/concurrency_limit.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace latchkey::core {

namespace {

constexpr int tolerance = 2;           // the goal is this many times the unloaded latency
constexpr double shrink_at_most = 0.7; // in one round

} // namespace

concurrency_limit::concurrency_limit(const concurrency_bounds& bounds)
    : bounds_{bounds.min, std::max(bounds.min, bounds.max), bounds.latency_target,
              bounds.wait_target, bounds.overload_after},
      limit_(static_cast<double>(bounds_.max)) {}

std::size_t concurrency_limit::limit() const noexcept {
    return dipping_ ? bounds_.min : static_cast<std::size_t>(limit_);
}

void concurrency_limit::ended(nanoseconds took, std::size_t count, std::size_t under_way,
                              steady_time now) noexcept {
    end_late_dip(now);
    if (dipping_ && now - took < dip_began_) return; // it was sent under load
    if (samples_ == 0) round_began_ = dipping_ ? now : std::max(round_ended_, now - took);
    sum_ += took;
    ++samples_;
    ended_ += count;
    peak_ = std::max(peak_, under_way);
    if (now - round_began_ >= round_length) end_round(now);
}

void concurrency_limit::end_round(steady_time now) noexcept {
    if (dipping_) return end_dip(now);
    const std::chrono::duration<double> length = now - round_began_;
    rate_ = static_cast<double>(ended_) / length.count();
    mean_ = mean();
    const auto used = peak_;
    next_round(now);
    // The first rounds may be loaded ones.
    const bool unknown = baseline_ == nanoseconds(0);
    if (unknown || now - baseline_at_ >= baseline_for) begin_dip(now);
    if (unknown) return;
    baseline_ = std::min(baseline_, mean_);
    adapt(used);
}

void concurrency_limit::next_round(steady_time now) noexcept {
    round_ended_ = now;
    sum_ = nanoseconds(0);
    samples_ = ended_ = peak_ = 0;
}

nanoseconds concurrency_limit::mean() const noexcept {
    return sum_ / static_cast<std::int64_t>(samples_);
}

// The calls under way must end first, and then those that are sent in the dip.
void concurrency_limit::begin_dip(steady_time now) noexcept {
    dipping_ = true;
    dip_began_ = now;
    dip_ends_ = now + std::max<nanoseconds>(dip_for_at_least, 3 * mean_);
}

void concurrency_limit::end_dip(steady_time now) noexcept {
    dipping_ = false;
    if (samples_ > 0) baseline_ = mean();
    baseline_at_ = now;
    next_round(now);
}

void concurrency_limit::end_late_dip(steady_time now) noexcept {
    if (dipping_ && now >= dip_ends_) end_dip(now);
}

void concurrency_limit::adapt(std::size_t peak) noexcept {
    const auto goal = std::max<nanoseconds>(bounds_.latency_target, tolerance * baseline_);
    const auto least = static_cast<double>(bounds_.min);
    const auto most = static_cast<double>(bounds_.max);
    const auto used = static_cast<double>(peak);
    if (mean_ > goal) {
        const double gradient =
            static_cast<double>(goal.count()) / static_cast<double>(mean_.count());
        limit_ = std::max(least, std::min(limit_, std::max(used, least)) *
                                     std::max(gradient, shrink_at_most));
    } else if (used >= limit_ / 2) {
        limit_ = std::min(most, limit_ + std::sqrt(limit_));
    }
}

// The number of calls that are answered within that time at the last round's rate. While nothing
// has to wait, the rate is lower than it could be; but then no queue stands.
std::size_t concurrency_limit::waiting_max() const noexcept {
    if (mean_ <= nanoseconds(0)) return bounds_.max;
    const std::chrono::duration<double> turn = std::max<nanoseconds>(bounds_.wait_target, mean_);
    return std::max<std::size_t>(1, static_cast<std::size_t>(rate_ * turn.count()));
}

bool concurrency_limit::admits(std::size_t waiting, steady_time now) noexcept {
    end_late_dip(now);
    const bool fits = waiting < waiting_max();
    // The dip itself makes a queue.
    if (fits || dipping_) fitted_at_ = now;
    if (overloaded_ && !fits) refused_at_ = now;
    if (overloaded_ && fits && now - refused_at_ > bounds_.overload_after) overloaded_ = false;
    if (!overloaded_ && !fits && now - fitted_at_ > bounds_.overload_after) {
        overloaded_ = true;
        refused_at_ = now;
    }
    return fits || !overloaded_;
}

} // namespace latchkey::core
