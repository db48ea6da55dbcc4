#pragma once
// How a migration asks for locks that the older service's statements queue behind: for an instant,
// then not at all for several times as long, and so on until it has taken too long.

#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <optional>

namespace latchkey::pg {

/// A statement waits this long for a lock, and others queue behind it meanwhile. Shorter than
/// PostgreSQL's deadlock_timeout, so that it is always the migration that gives way.
inline constexpr core::milliseconds lock_attempt{40};

class lock_patience {
  public:
    using time_point = core::steady_time;

    lock_patience(core::milliseconds lock_wait, time_point now)
        : lock_wait_(lock_wait), since_(now) {}

    /// Call after progress: what follows may take as long again.
    void restart(time_point now) {
        since_ = now;
        attempts_ = 0;
    }
    /// Call after an attempt that did not get its lock. Returns how long to leave others alone;
    /// nullopt if it has taken too long. `random`, from 0 to 1, keeps two who want the same lock
    /// from meeting again and again.
    std::optional<core::milliseconds> pause(time_point now, double random) {
        const auto left = std::chrono::ceil<core::milliseconds>(since_ + lock_wait_ - now);
        if (left.count() <= 0) return std::nullopt;
        const auto longest = std::min(200 << std::min(attempts_++, 3), 1000);
        const core::milliseconds pause(longest / 2 + static_cast<int>(random * longest / 2));
        return std::min(pause, left);
    }

  private:
    core::milliseconds lock_wait_;
    time_point since_;
    int attempts_ = 0;
};

/// Adapts the size of a batch, so that it holds its row locks about as long as one attempt.
class batch_size {
  public:
    int value() const { return size_; }
    void took(core::milliseconds time) {
        if (time > lock_attempt)
            size_ = std::max(size_ / 2, 8);
        else if (time < lock_attempt / 2)
            size_ = std::min(size_ + size_ / 4 + 1, 4096);
    }

  private:
    int size_ = 8;
};

} // namespace latchkey::pg
