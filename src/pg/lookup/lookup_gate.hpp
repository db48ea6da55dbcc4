#pragma once
// Decides which look-ups are sent to the database: the process's breaker and this worker's limit
// must both admit them. Tells both how a query went, and logs changes of the breaker.

#include "pg/lookup/jitter.hpp"

#include <latchkey/auth/store.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/core/flow/concurrency_limit.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::pg {

/// Lives on its pool's thread.
class lookup_gate {
  public:
    lookup_gate(core::circuit_breaker&, const configuration&, core::logger&, metrics&,
                std::uint64_t random_seed);

    // --- before a query ---
    /// Decides whether the look-up may wait among `waiting` others. Gives it a permit, or returns
    /// why not. A caller's look-up is never the breaker's probe: it would wait for the time-out
    /// when the probe fails. `reachable`: a connection is up or may come up.
    std::optional<refusal_reason> enter(auth::any_lookup&, std::size_t waiting, bool reachable,
                                        core::steady_time now);
    /// Returns whether the breaker has changed since the look-up was admitted: it must not be sent
    /// any more.
    bool outdated(const auth::any_lookup& lookup) const noexcept {
        return !breaker_.holds(lookup.permit);
    }
    /// How many look-ups may be in queries, and how many more than are in flight.
    std::size_t limit() const noexcept { return limit_.limit(); }
    std::size_t room() const noexcept;
    /// The limit on look-ups in queries plus half of what may wait: the other half is for requests
    /// with a single look-up.
    std::size_t bulk_max() const noexcept { return limit_.limit() + limit_.waiting_max() / 2; }
    std::size_t in_flight() const noexcept { return in_flight_; }
    void sent(std::size_t size) noexcept;

    // --- while the breaker is not closed ---
    bool may_probe() const noexcept { return breaker_.state() != core::breaker_state::closed; }
    /// Returns a permit for a query of our own that tests the database; nullopt if none is due.
    std::optional<core::circuit_breaker::permit> probe(core::steady_time now);

    // --- after a query ---
    struct outcome {
        core::circuit_breaker::permit permit;
        std::size_t size; ///< 0: a probe
        bool answered;
        core::nanoseconds took;
    };
    void ended(const outcome&, core::steady_time now);
    /// The look-up waited too long for a query. The database is at fault if it answered nothing at
    /// all in that time; otherwise too much was asked.
    void waited_in_vain(const auth::any_lookup&, core::steady_time now);
    /// A connection is up, after a time without any.
    void reached(core::steady_time now);
    /// Queries that end from now on say nothing about the database.
    void stop() noexcept { stopped_ = true; }

  private:
    void tell(const std::optional<core::circuit_breaker::change>&);

    core::circuit_breaker& breaker_;
    core::concurrency_limit limit_;
    core::logger& log_;
    metrics& metrics_;
    jitter jitter_;
    std::size_t in_flight_ = 0;
    core::steady_time answered_at_{};
    bool stopped_ = false;
};

} // namespace latchkey::pg
