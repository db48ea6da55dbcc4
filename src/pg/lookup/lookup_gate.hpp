#pragma once
// Which look-ups are put to the database: what the process's breaker and this worker's limit let
// through. Tells both how it went, and says so when the breaker changes.

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

    // --- before ---
    /// May it wait among so many others? Then it has its permit, else the reason is here. No
    /// caller's look-up is a probe: it would wait for the time-out when the probe fails.
    /// `reachable`: there is a connection, or hope for one.
    std::optional<refusal_reason> enter(auth::any_lookup&, std::size_t waiting, bool reachable,
                                        core::steady_time now);
    /// The breaker has changed since: it may not go out any more.
    bool outdated(const auth::any_lookup& lookup) const noexcept {
        return !breaker_.holds(lookup.permit);
    }
    /// How many look-ups may be in queries, and how many more than are.
    std::size_t limit() const noexcept { return limit_.limit(); }
    std::size_t room() const noexcept;
    /// What may be in queries, and half of what may wait for that: the other half is for those who
    /// ask one question.
    std::size_t bulk_max() const noexcept { return limit_.limit() + limit_.waiting_max() / 2; }
    std::size_t in_flight() const noexcept { return in_flight_; }
    void sent(std::size_t size) noexcept;

    // --- while the breaker is not closed ---
    bool may_probe() const noexcept { return breaker_.state() != core::breaker_state::closed; }
    /// For a query of our own that finds out.
    std::optional<core::circuit_breaker::permit> probe(core::steady_time now);

    // --- after ---
    struct outcome {
        core::circuit_breaker::permit permit;
        std::size_t size; ///< 0: a probe of our own
        bool answered;
        core::nanoseconds took;
    };
    void ended(const outcome&, core::steady_time now);
    /// It waited for its turn in vain. That is the database's fault if nothing at all was answered
    /// meanwhile; else too much was asked.
    void waited_in_vain(const auth::any_lookup&, core::steady_time now);
    /// A connection is up, after a time with none.
    void reached(core::steady_time now);
    /// What ends from now on says nothing of the database.
    void stop() noexcept { stopped_ = true; }

  private:
    std::uint64_t random() noexcept;
    void tell(const std::optional<core::circuit_breaker::change>&);

    core::circuit_breaker& breaker_;
    core::concurrency_limit limit_;
    core::logger& log_;
    metrics& metrics_;
    std::uint64_t random_state_;
    std::size_t in_flight_ = 0;
    core::steady_time answered_at_{};
    bool stopped_ = false;
};

} // namespace latchkey::pg
