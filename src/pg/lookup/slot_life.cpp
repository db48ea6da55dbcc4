#include "pg/lookup/slot_life.hpp"

#include <latchkey/pg/lookup/pool_plan.hpp>

#include <chrono>

namespace latchkey::pg {

void slot_life::opens(core::steady_time now, double age_spread) noexcept {
    up_ = retiring_ = false;
    retry_at_.reset();
    idle_since_ = now;
    age_spread_ = age_spread;
}

void slot_life::ready(core::steady_time now) noexcept {
    up_ = true;
    attempt_ = 0;
    idle_since_ = now;
}

void slot_life::closed(bool was_ready, const configuration& settings, double random,
                       core::steady_time now) {
    up_ = false;
    attempt_ = was_ready ? 0 : attempt_ + 1;
    retry_at_ = now + backoff(attempt_, settings.backoff_min, settings.backoff_max, random);
}

bool slot_life::has_ended(std::size_t in_flight, core::nanoseconds age, core::milliseconds age_max,
                          core::steady_time now) noexcept {
    if (in_flight > 0) idle_since_ = now;
    if (age > std::chrono::duration_cast<core::milliseconds>(age_max * (1.0 - age_spread_ / 10)))
        retiring_ = true;
    return retiring_ && in_flight == 0;
}

} // namespace latchkey::pg
