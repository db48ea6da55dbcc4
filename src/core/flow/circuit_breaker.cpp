#include <latchkey/core/flow/circuit_breaker.hpp>

#include "core/flow/breaker_word.hpp"

#include <algorithm>

namespace latchkey::core {

namespace {

namespace w = breaker_word;

constexpr std::uint64_t code(breaker_state s) {
    return static_cast<std::uint64_t>(s);
}

breaker_state state_of(std::uint64_t word) {
    return static_cast<breaker_state>(w::state::get(word));
}

std::int64_t ms_of(steady_time t) {
    return std::chrono::floor<milliseconds>(t.time_since_epoch()).count();
}

std::uint64_t as_time(std::int64_t ms) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0));
}

bool is_past(std::uint64_t until, std::int64_t now_ms) {
    return as_time(now_ms) >= until;
}

// A random time between half of `whole` and all of it.
std::int64_t jittered(std::int64_t whole, std::uint64_t random) {
    return whole - static_cast<std::int64_t>(random % static_cast<std::uint64_t>(whole / 2 + 1));
}

} // namespace

std::string_view name_of(breaker_state s) noexcept {
    switch (s) {
    case breaker_state::closed:
        return "closed";
    case breaker_state::half_open:
        return "half-open";
    case breaker_state::open:
        return "open";
    }
    return "";
}

circuit_breaker::circuit_breaker(const breaker_configuration& settings) : settings_(settings) {}

// --- pure steps: a word, and what it becomes ---------------------------------------------------

std::uint64_t circuit_breaker::opened(std::uint64_t word, std::int64_t now_ms, std::uint64_t random,
                                      change& made) const noexcept {
    const auto growth = w::growth::get(word);
    const auto whole = std::min(settings_.open_time.count() << growth,
                                std::max(settings_.open_time, settings_.open_time_max).count());
    made = {breaker_state::open, milliseconds(jittered(whole, random))};
    auto next = w::next_period(word, code(breaker_state::open));
    next = w::growth::set(next, std::min(growth + 1, w::growth::max));
    return w::until::set(next, as_time(now_ms + made.open_for.count()));
}

// A probe that brings no outcome is given up after open_time_max.
std::uint64_t circuit_breaker::half_opened(std::uint64_t word, std::int64_t now_ms,
                                           unsigned probes) const noexcept {
    auto next = w::next_period(word, code(breaker_state::half_open));
    next = w::admitted::set(next, probes);
    return w::probes_until::set(next, as_time(now_ms + settings_.open_time_max.count()));
}

// Slots that have passed since then leave the window. Each slot without an opening takes one
// doubling back.
std::uint64_t circuit_breaker::slid(std::uint64_t word, std::int64_t now_ms) const noexcept {
    const auto slot = as_time(now_ms / settings_.window.count()) & w::slot::max;
    const auto passed = (slot - w::slot::get(word)) & w::slot::max;
    // A thread whose clock reading is a little older counts in the slot that is there.
    if (passed == 0 || passed == w::slot::max) return word;
    word = w::next_slot(word);
    if (passed > 1) word = w::next_slot(word);
    word = w::growth::set(word, w::growth::get(word) - std::min(w::growth::get(word), passed));
    return w::slot::set(word, slot);
}

bool circuit_breaker::trips(std::uint64_t word, std::int64_t now_ms) const noexcept {
    const auto window = as_time(settings_.window.count());
    const auto covered = window - as_time(now_ms) % window; // of the older slot
    const auto calls = w::calls::get(word) * window + w::old_calls::get(word) * covered;
    const auto failures = w::failures::get(word) * window + w::old_failures::get(word) * covered;
    const auto enough = (calls << w::scale::get(word)) >= settings_.calls_min * window;
    return enough && failures * 100 >= calls * settings_.failure_rate;
}

// --- the shared word ---------------------------------------------------------------------------

// `step(word, change)` returns the next word. It sets `change` only if the state changes. It may
// run several times.
template <class Step>
std::optional<circuit_breaker::change> circuit_breaker::apply(Step&& step) noexcept {
    auto word = word_.load(std::memory_order_relaxed);
    for (;;) {
        std::optional<change> made;
        const auto next = step(word, made);
        if (next == word) return std::nullopt;
        if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                        std::memory_order_relaxed))
            return made;
    }
}

circuit_breaker::admission circuit_breaker::admit(steady_time now) noexcept {
    const auto at = ms_of(now);
    admission out;
    out.changed = apply([&](std::uint64_t word, std::optional<change>& made) {
        auto next = word;
        out.allowed.reset();
        const auto state = state_of(word);
        if (state == breaker_state::half_open && w::admitted::get(word) < settings_.probes)
            next = w::admitted::set(word, w::admitted::get(word) + 1);
        else if (state == breaker_state::half_open && is_past(w::probes_until::get(word), at))
            next = half_opened(word, at, 1);
        else if (state == breaker_state::open && is_past(w::until::get(word), at)) {
            next = half_opened(word, at, 1);
            made = change{breaker_state::half_open};
        }
        if (next != word || state == breaker_state::closed)
            out.allowed = static_cast<permit>(w::period::get(next));
        return next;
    });
    return out;
}

bool circuit_breaker::holds(permit given) const noexcept {
    return w::period::get(word_.load(std::memory_order_relaxed)) == given;
}

std::optional<circuit_breaker::change> circuit_breaker::succeeded(permit given, std::size_t calls,
                                                                  steady_time now,
                                                                  std::uint64_t random) noexcept {
    if (!settings_.enabled) return std::nullopt;
    const auto at = ms_of(now);
    return apply([&](std::uint64_t word, std::optional<change>& made) {
        if (w::period::get(word) != given) return word;
        const auto state = state_of(word);
        if (state == breaker_state::closed) return w::counted(slid(word, at), calls, true, random);
        if (state == breaker_state::open) return word;
        const auto good = w::succeeded::get(word) + calls;
        if (good < settings_.probes) return w::succeeded::set(word, good);
        made = change{breaker_state::closed};
        const auto slot = as_time(at / settings_.window.count());
        return w::slot::set(w::next_period(word, code(breaker_state::closed)), slot);
    });
}

std::optional<circuit_breaker::change> circuit_breaker::failed(permit given, std::size_t calls,
                                                               steady_time now,
                                                               std::uint64_t random) noexcept {
    if (!settings_.enabled) return std::nullopt;
    const auto at = ms_of(now);
    return apply([&](std::uint64_t word, std::optional<change>& made) {
        const auto state = state_of(word);
        if (w::period::get(word) != given || state == breaker_state::open) return word;
        if (state == breaker_state::closed) {
            const auto next = w::counted(slid(word, at), calls, false, random);
            if (!trips(next, at)) return next;
            word = next;
        }
        return opened(word, at, random, made.emplace(change{}));
    });
}

std::optional<circuit_breaker::change> circuit_breaker::not_tried(steady_time now,
                                                                  std::uint64_t random) noexcept {
    const auto word = word_.load(std::memory_order_relaxed);
    if (state_of(word) != breaker_state::closed) return std::nullopt;
    return failed(static_cast<permit>(w::period::get(word)), 1, now, random);
}

std::optional<circuit_breaker::change> circuit_breaker::reached(steady_time now) noexcept {
    return apply([&](std::uint64_t word, std::optional<change>& made) {
        if (state_of(word) != breaker_state::open) return word;
        made = change{breaker_state::half_open};
        return half_opened(word, ms_of(now), 0);
    });
}

breaker_state circuit_breaker::state() const noexcept {
    return state_of(word_.load(std::memory_order_relaxed));
}

void circuit_breaker::collect(metric_sink& sink) const {
    sink.add_gauge("auth_breaker_state",
                   "The breaker before the database: 0 closed, 1 half-open, 2 open.", {},
                   static_cast<double>(state()));
}

} // namespace latchkey::core
