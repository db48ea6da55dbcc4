#pragma once
// Any number of questions about one fingerprint, one look-up: who joins which flight, and what may
// be done with what it brings. Decides only; its owner asks the database and tells the waiters.
//
// A flight's answer is as old as its beginning. So a question joins a flight only while its answer
// is sure to be true for the asker:
//  - not once a change of its key was applied (`taint`), nor one that might concern it
//    (`changed_at`): the answer on its way may be the old one;
//  - not past its deadline;
//  - asked for past the cache ("no-cache"), not once it was sent.
// Whoever joined before gets the answer all the same: it was true when they asked.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace latchkey::core {

/// A question that waits; intrusive.
struct flight_waiter {
    flight_waiter* next_waiter = nullptr;
};

/// Owned by whoever begins it; in use from `begin` to `finish`.
struct flight {
    fingerprint key{};
    std::uint64_t hash = 0;
    moment asked_at{};
    std::uint64_t sequence = 0; ///< how many changes had been applied when it began
    bool sent = false;          ///< its key is in a query: set by whoever sends it
    bool tainted = false;       ///< its key has changed since
    bool keep = false;          ///< somebody wants the answer cached
    flight_waiter* first = nullptr;
    flight_waiter* last = nullptr;
    flight* next_in_bucket = nullptr; ///< newest first
};

/// Lives on one home core.
class single_flight {
  public:
    explicit single_flight(nanoseconds deadline);

    struct demand {
        bool unsent = false; ///< "no-cache": the query must begin after the question
        bool keep = true;    ///< false for "no-store"
    };
    /// The flight that this question may join, or null. `changed_at`: the sequence of the last
    /// change that might concern any key.
    flight* joinable(const fingerprint&, std::uint64_t hash, const moment& now, demand,
                     std::uint64_t changed_at) const noexcept;
    void begin(flight&, const fingerprint&, std::uint64_t hash, const moment& now,
               std::uint64_t sequence);
    static void join(flight&, flight_waiter&, demand) noexcept;

    /// The key has changed: flights under way are not joined any more, and not kept.
    void taint(const fingerprint&, std::uint64_t hash) noexcept;

    struct landing {
        bool late; ///< past the deadline: the answer is not to be used
        bool keep; ///< may be cached, as far as the flight knows
        flight_waiter* waiters;
    };
    /// The flight's answer is here; it is its owner's again.
    landing finish(flight&, const moment& now) noexcept;

    std::size_t under_way() const noexcept { return under_way_; }

  private:
    static constexpr std::size_t buckets = 4096;
    flight*& bucket(std::uint64_t hash) noexcept { return table_[hash % buckets]; }

    nanoseconds deadline_;
    std::size_t under_way_ = 0;
    std::vector<flight*> table_;
};

} // namespace latchkey::core
