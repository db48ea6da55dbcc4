#include <latchkey/auth/token/signing_plan.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

using core::real_time;
using core::seconds;

// Rows may say 'infinity', the last time there is: the sum stays there and does not overflow.
real_time later(real_time t, seconds d) {
    const auto room =
        std::chrono::floor<seconds>(real_time::max()) - std::chrono::floor<seconds>(t);
    return d < room ? t + d : real_time::max();
}

const signing_key_times* in_state(std::span<const signing_key_times> rows, signing_key_state s) {
    const auto found = std::ranges::find(rows, s, &signing_key_times::state);
    return found == rows.end() ? nullptr : &*found;
}

real_time usable_at(const signing_key_times& next, const signing_plan_settings& settings) {
    const auto announced = later(next.published_at, settings.publish_ahead);
    return std::max(announced, next.activates_at.value_or(announced));
}

real_time activation_of(const signing_key_times& current) {
    return current.activated_at.value_or(current.published_at);
}

// At least one second: with all settings zero, one look must not rotate for ever.
seconds interval_of(const signing_plan_settings& settings) {
    return std::max({settings.rotation_interval, 2 * settings.publish_ahead, seconds(1)});
}

real_time successor_due(const signing_key_times& current, const signing_plan_settings& settings,
                        real_time now) {
    if (current.algorithm != settings.algorithm) return now;
    return later(activation_of(current), interval_of(settings) - settings.publish_ahead);
}

real_time successor_activates(const signing_key_times& current,
                              const signing_plan_settings& settings, real_time now) {
    const auto announced = later(now, settings.publish_ahead);
    if (current.algorithm != settings.algorithm) return announced;
    return std::max(announced, later(activation_of(current), interval_of(settings)));
}

} // namespace

signing_decision plan_signing_keys(std::span<const signing_key_times> rows,
                                   const signing_plan_settings& settings, real_time now) {
    const auto* current = in_state(rows, signing_key_state::current);
    const auto* next = in_state(rows, signing_key_state::next);
    if (!current && !next) return {signing_step::make_first, {}, now, now};

    signing_decision wait{signing_step::nothing, {}, {}, real_time::max()};
    const auto is_due = [&](real_time at) {
        wait.look_again_at = std::min(wait.look_again_at, at);
        return at <= now;
    };
    if (next && is_due(current ? usable_at(*next, settings) : now))
        return {signing_step::promote, next->key_id, {}, now};
    for (const auto& row : rows)
        if (row.state == signing_key_state::retiring && row.retired_at &&
            is_due(later(*row.retired_at, settings.retire_after)))
            return {signing_step::retire, row.key_id, {}, now};
    if (!next && is_due(successor_due(*current, settings, now)))
        return {signing_step::make_next, {}, successor_activates(*current, settings, now), now};
    return wait;
}

} // namespace latchkey::auth
