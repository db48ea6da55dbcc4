#pragma once
// Limits that hold for all nodes together: what a worker asks about them, and the exchange of
// leases with the store. core/flow/lease_keeper.hpp has the terms.

#include <latchkey/auth/limit/lease_store.hpp>
#include <latchkey/core/cache/keyed_hash.hpp>
#include <latchkey/core/flow/rate_limiter.hpp>
#include <latchkey/core/log.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// A limit of scope "fleet": its name and rule, without whom it counts. Its rule's burst is its
/// quantity.
struct fleet_scope {
    std::string name; ///< the same on all nodes
    core::rate_rule rule;
    std::uint64_t number; ///< from rate_limiter::scope: for this process alone
};

class fleet_limits;

/// A bucket that has no lease yet. It holds copies.
struct lease_wanted {
    fleet_limits* of; ///< who leases it
    core::lease_key key;
    core::lease_terms terms;
    std::uint64_t cost = 1;
};

/// One for the process.
class fleet_limits {
  public:
    /// All must outlive it. `what` is leased, for the log. `box` is the control thread's.
    fleet_limits(std::size_t buckets_max, core::epochs& readers, core::mailbox& box, lease_store&,
                 const core::lease_keeper::settings&, std::string what, core::logger&);

    // --- any worker ---
    /// Whom a scope counts: the bytes of an address, a fingerprint or an identifier.
    core::lease_key key(std::uint64_t scope, std::string_view subject) const noexcept;
    /// Spends `cost`, or says why not. The decision has the limiter's form. If nothing is leased
    /// yet, `standing` is unknown: send what `wanted` returns, and decide again.
    core::lease_decision take(std::size_t worker, core::lease_key, std::uint64_t cost,
                              core::boot_time now) noexcept;
    core::lease_decision look(std::size_t worker, core::lease_key, std::uint64_t cost,
                              core::boot_time now) noexcept;
    lease_wanted wanted(core::lease_key, std::string_view name, const core::rate_rule&,
                        std::string_view subject, std::uint64_t cost);
    /// Of an account of credits, which has no windows.
    core::lease_key key_of_account(std::int64_t account) const noexcept;
    lease_wanted wanted_of_account(std::int64_t account, std::uint64_t cost);
    /// Asks for what a decision at `decided_at` lacked. `decided` is called later, by way of
    /// `back`.
    static void ask(const lease_wanted&, core::lease_inquiry& asked, core::boot_time decided_at,
                    core::mailbox& back);

    // --- control thread ---
    void tick(core::steady_time at, const core::moment& now);
    /// Gives back all that is leased. Returns true once that is done, or cannot be.
    bool leave();
    /// Any thread.
    void collect(core::metric_sink& sink, std::string_view what) const {
        keeper_.collect(sink, what);
    }

  private:
    core::detached exchange();

    core::epochs& readers_;
    lease_store& store_;
    const std::string what_; ///< is leased, for the log
    core::logger& log_;
    const std::array<core::hash_key, 2> seeds_;
    core::lease_keeper keeper_;
    core::steady_time next_{};
    core::steady_time again_at_{};
    bool exchanging_ = false;
    std::optional<core::steady_time> leaves_until_;
    bool failing_ = false;
};

/// What the limiter says in the same case.
core::rate_decision rate_decision_of(const core::lease_decision&) noexcept;

} // namespace latchkey::auth
