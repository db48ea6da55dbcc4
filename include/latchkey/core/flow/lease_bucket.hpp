#pragma once
// What this node may spend of a limit that all nodes share. The limit counts by fixed windows of
// the database's time: the node *leases* a part of a window from the database, and decides by that
// part without asking anybody (lease_keeper asks, ahead of need).
//
// A bucket has two slots, one for the present window and one for the next. What is left in a slot
// is spent by compare-and-exchange, so that no unit is spent twice. The keeper replaces a slot only
// after it has taken out what was left: a worker that still believes the older window spends units
// of the newer one, never units that were not leased.

#include <latchkey/core/clock.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>

namespace latchkey::core {

/// Which limit, and whom it counts, as the database knows it: 16 bytes of a digest.
using lease_name = std::array<char, 16>;

struct lease_terms {
    lease_name name{};
    std::int64_t most = 1; ///< in each window
    seconds window{1};

    /// One window, without end: what is spent does not come back by itself.
    static const lease_terms of_account;
    bool is_account() const noexcept { return window == of_account.window; }
};
inline constexpr lease_terms lease_terms::of_account{
    {}, 1'000'000'000'000'000, std::chrono::hours(24 * 36525)};

struct lease_decision {
    enum class standing {
        allowed,
        spent,   ///< the limit is reached
        unknown, ///< nothing is leased: ask the keeper, and decide again
        unsure,  ///< nothing can be leased now
    };
    standing what = standing::unknown;
    std::uint64_t remaining =
        0;                 ///< about: what is left here, and was left for all at the last lease
    nanoseconds ends_in{}; ///< until the window ends
};

/// Any thread decides; only the keeper's thread leases.
class lease_bucket {
  public:
    explicit lease_bucket(const lease_terms& t) noexcept : terms_(t) {}

    const lease_terms& terms() const noexcept { return terms_; }

    /// Spends `cost`, or says why not and spends nothing.
    lease_decision take(std::uint64_t cost, boot_time now) noexcept;
    /// Says what `take` would, and spends nothing. Who is refused so wants more, too.
    lease_decision look(std::uint64_t cost, boot_time now) noexcept;

  private:
    friend class lease_keeper;

    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    struct slot {
        std::atomic<std::int64_t> left{0};
        std::atomic<std::int64_t> from{never}; ///< boot time in nanoseconds
        std::atomic<std::int64_t> until{0};
        std::atomic<std::int64_t> rest{0}; ///< for all nodes, at the last lease
        std::atomic<bool> spent{false};    ///< nothing more was to be had
        // --- the keeper's own ---
        std::int64_t number = -1; ///< of the window
        std::int64_t given = 0;   ///< to this node, less what it gave back
        std::int64_t life = 0;    ///< of the database that gave it: lease_keeper counts them
    };

    void note_refusal(const lease_decision&) noexcept;
    const slot* slot_at(std::int64_t now) const noexcept;
    lease_decision without_slot(std::int64_t now) const noexcept;
    lease_decision decide(const slot*, std::int64_t left, std::uint64_t cost,
                          std::int64_t now) const noexcept;

    const lease_terms terms_;
    std::array<slot, 2> slots_;
    std::atomic<std::int64_t> unsure_until_{0}; ///< boot time in nanoseconds
    std::atomic<bool> wanted_{false};           ///< somebody was refused since the keeper looked
};

} // namespace latchkey::core
