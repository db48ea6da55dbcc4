#include "pg/lookup/lookup_gate.hpp"

#include <algorithm>

namespace latchkey::pg {

lookup_gate::lookup_gate(core::circuit_breaker& breaker, const configuration& settings,
                         core::logger& log, metrics& cells, std::uint64_t random_seed)
    : breaker_(breaker),
      limit_({settings.lookups_in_flight_min, settings.lookups_in_flight_max,
              settings.latency_target, settings.wait_target, settings.overload_after}),
      log_(log),
      metrics_(cells),
      jitter_(random_seed) {
    metrics_.lookup_limit.set(static_cast<std::int64_t>(limit_.limit()));
}

void lookup_gate::tell(const std::optional<core::circuit_breaker::change>& made) {
    if (!made) return;
    switch (made->to) {
    case core::breaker_state::open:
        metrics_.breaker_opened.add();
        return log_.warning("the breaker is open: look-ups are refused, cached answers go on",
                            {{"code", "BREAKER_OPEN"},
                             {"for_ms", made->open_for.count()},
                             {"mend", "see why the database does not answer: latchkey doctor, and "
                                      "its own log"}});
    case core::breaker_state::half_open:
        return log_.info("the breaker is half-open: the database is probed");
    case core::breaker_state::closed:
        return log_.info("the breaker is closed: the database answers");
    }
}

std::optional<refusal_reason> lookup_gate::enter(auth::any_lookup& lookup, std::size_t waiting,
                                                 bool reachable, core::steady_time now) {
    if (may_probe()) return refusal_reason::breaker;
    if (!reachable) {
        tell(breaker_.not_tried(now, jitter_.next()));
        return refusal_reason::unreachable;
    }
    const bool admitted = limit_.admits(waiting, now);
    metrics_.lookup_limit.set(static_cast<std::int64_t>(limit_.limit())); // a dip may have ended
    if (!admitted) return refusal_reason::overload;
    const auto [allowed, changed] = breaker_.admit(now);
    tell(changed);
    if (!allowed) return refusal_reason::breaker;
    lookup.permit = *allowed;
    return std::nullopt;
}

std::size_t lookup_gate::room() const noexcept {
    const auto limit = limit_.limit();
    return limit > in_flight_ ? limit - in_flight_ : 0;
}

void lookup_gate::sent(std::size_t size) noexcept {
    in_flight_ += size;
    metrics_.lookups_in_flight.set(static_cast<std::int64_t>(in_flight_));
}

std::optional<core::circuit_breaker::permit> lookup_gate::probe(core::steady_time now) {
    const auto [allowed, changed] = breaker_.admit(now);
    tell(changed);
    return allowed;
}

void lookup_gate::ended(const outcome& o, core::steady_time now) {
    if (o.size > 0) limit_.ended(o.took, o.size, in_flight_, now);
    in_flight_ -= o.size;
    metrics_.lookups_in_flight.set(static_cast<std::int64_t>(in_flight_));
    metrics_.lookup_limit.set(static_cast<std::int64_t>(limit_.limit()));
    if (stopped_) return;
    const auto calls = std::max<std::size_t>(o.size, 1);
    if (o.answered) answered_at_ = now;
    tell(o.answered ? breaker_.succeeded(o.permit, calls, now, jitter_.next())
                    : breaker_.failed(o.permit, calls, now, jitter_.next()));
}

void lookup_gate::waited_in_vain(const auth::any_lookup& lookup, core::steady_time now) {
    const bool silence = answered_at_ < lookup.waits_since;
    if (silence || may_probe()) tell(breaker_.failed(lookup.permit, 1, now, jitter_.next()));
}

void lookup_gate::reached(core::steady_time now) {
    tell(breaker_.reached(now));
}

} // namespace latchkey::pg
