#pragma once
// The life of one connection of the pool, from one opening to the next: when it takes queries, when
// it is too old for them, and when its slot is opened again. Decides; performs nothing.

#include <latchkey/core/clock.hpp>
#include <latchkey/pg/configuration.hpp>

#include <cstddef>
#include <optional>

namespace latchkey::pg {

class slot_life {
  public:
    /// `age_spread`, in [0, 1): connections that are opened together do not end together.
    void opens(core::steady_time now, double age_spread) noexcept;
    void ready(core::steady_time now) noexcept;
    /// A connection that had worked is replaced at once; one that failed to come up waits first,
    /// for a time that `random`, in [0, 1), varies.
    void closed(bool was_ready, const configuration&, double random, core::steady_time now);
    /// Addresses may lead elsewhere by now: a slot that waits is opened at once.
    void hurry(core::steady_time now) noexcept {
        if (retry_at_) retry_at_ = now;
    }
    /// To be called now and then while it is up. Returns true if it is to be replaced now: it is
    /// older than `age_max`, less up to a tenth, and has no more queries.
    bool has_ended(std::size_t in_flight, core::nanoseconds age, core::milliseconds age_max,
                   core::steady_time now) noexcept;

    /// It is not to be replaced for its age, although it may have been about to be.
    void stays() noexcept { retiring_ = false; }

    bool up() const noexcept { return up_; }
    bool retiring() const noexcept { return retiring_; }
    bool takes_queries() const noexcept { return up_ && !retiring_; }
    bool is_due(core::steady_time now) const noexcept { return retry_at_ && now >= *retry_at_; }
    bool is_idle_for(core::nanoseconds time, core::steady_time now) const noexcept {
        return up_ && now - idle_since_ > time;
    }
    /// It waits to be opened again after an attempt that failed.
    bool waits_in_vain() const noexcept { return retry_at_ && attempt_ > 0; }

  private:
    bool up_ = false;
    bool retiring_ = false;                     ///< too old: gets no more queries
    std::size_t attempt_ = 0;                   ///< how many failed since the last that came up
    std::optional<core::steady_time> retry_at_; ///< set once it is closed
    core::steady_time idle_since_{};
    double age_spread_ = 0;
};

} // namespace latchkey::pg
