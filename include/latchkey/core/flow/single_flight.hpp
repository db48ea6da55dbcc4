#pragma once
// Joins any number of questions about one fingerprint into one look-up (a flight): it decides which
// flight a question joins, and how the answer may be used. It only decides; its owner asks the
// database and answers the waiters.
//
// A flight's answer is as old as its beginning. So a question may join a flight only while the
// answer is sure to be true for the asker. It may not join
//  - once a change of its credential was applied (`taint`), or one that might concern it
//    (`changed_at`): the answer on its way may be the old one;
//  - after the flight's deadline;
//  - with "no-cache", once the flight's query was sent.
// A question that joined before still gets the answer: it was true when the question was asked.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace latchkey::core {

/// A question that waits. It is its own list node.
struct flight_waiter {
    flight_waiter* next_waiter = nullptr;
};

/// Owned by the code that begins it; in use from `begin` to `finish`.
struct flight {
    fingerprint key{};
    std::uint64_t hash = 0;
    moment asked_at{};
    std::uint64_t sequence = 0; ///< how many changes had been applied when it began
    bool sent = false;          ///< its fingerprint is in a query; the sender sets it
    bool tainted = false;       ///< its credential has changed since
    bool keep = false;          ///< a waiter wants the answer cached
    flight_waiter* first = nullptr;
    flight_waiter* last = nullptr;
    flight* next_in_bucket = nullptr; ///< the bucket's list, newest first
};

/// Lives on one owner core.
class single_flight {
  public:
    explicit single_flight(nanoseconds deadline);

    struct demand {
        bool unsent = false; ///< "no-cache": the query must begin after the question
        bool keep = true;    ///< false for "no-store"
    };
    /// Returns the flight that this question may join, or null. `changed_at` is the sequence of the
    /// last change that might concern any credential.
    flight* joinable(const fingerprint&, std::uint64_t hash, const moment& now, demand,
                     std::uint64_t changed_at) const noexcept;
    void begin(flight&, const fingerprint&, std::uint64_t hash, const moment& now,
               std::uint64_t sequence);
    static void join(flight&, flight_waiter&, demand) noexcept;

    /// Call it when the credential has changed: nobody may join its flights any more, and their
    /// answers are not cached.
    void taint(const fingerprint&, std::uint64_t hash) noexcept;

    struct landing {
        bool late; ///< past the deadline: the answer must not be used
        bool keep; ///< the answer may be cached, as far as the flight knows
        flight_waiter* waiters;
    };
    /// Call it when the flight's answer is there. The flight then belongs to its owner again.
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
