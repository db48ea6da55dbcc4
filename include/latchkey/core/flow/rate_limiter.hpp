#pragma once
// Decides how much each caller may take in a time, for any number of callers in a fixed memory.
//
// A bucket is one atomic 64-bit word: a tag of twenty bits that identifies the caller, and the
// time, in forty-four bits of 128 ns, at which everything taken will have been paid back (GCRA's
// "theoretical arrival time": ATM Forum TM 4.0, section 4.4; it counts as a token bucket does). The
// distance from now to that time is the debt. A request is allowed if its cost on top of the debt
// stays within the rule's burst; then one compare-and-exchange moves the time on. A refusal writes
// nothing, so a caller who keeps trying after a refusal only reads a shared cache line. Eight
// buckets make a cache line, and a caller's keyed hash chooses the line: a check touches that line
// alone.
//
// When all callers of a line are in debt, a new one displaces the smallest debt. The consequences:
//  * Nobody is refused for want of room. The error is always in the caller's favour: a displaced
//    caller's debt is forgiven.
//  * A flood of fresh addresses displaces itself and light users, who lose nothing by it, before an
//    offender, whose debt is as large as his rule allows. To free an offender, seven other callers
//    of his line must owe more than he does. As nobody knows who shares a line, that takes as large
//    a debt in nearly all of the table: buckets * burst requests, within the time of one refill.
//    (Debts are times: callers that owe under a rule of hours are kept before those of a rule of
//    seconds.)
//  * Two callers with the same line and tag share a bucket: one in 150,000 callers, when the table
//    is full. Two threads that bring the same new caller at the same time can make two buckets for
//    him; then he may have his burst twice, once.
//
// The rule comes with each call: the table holds times and knows no rule. A rate key is a hash with
// a random seed of the process's own, and includes the rule, so that a changed rule begins afresh.

#include <latchkey/core/cache/keyed_hash.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/rate_rule.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::core {

/// Identifies who is counted, and by which rule. A limiter makes it, and only that limiter may use
/// it.
class rate_key {
  public:
    friend bool operator==(rate_key, rate_key) = default;
    std::uint64_t number() const noexcept { return hash_; }

  private:
    friend class rate_limiter;
    explicit rate_key(std::uint64_t hash) noexcept : hash_(hash) {}
    std::uint64_t hash_;
};

struct rate_decision {
    bool allowed = true;
    std::uint64_t remaining = 0; ///< what could still be taken now
    /// If refused: the time until the same cost will be allowed, if nothing is taken before;
    /// `never` if the cost is above the burst.
    nanoseconds retry_after{};
    nanoseconds full_after{}; ///< until the whole burst is there again
    bool displaced = false;   ///< another caller's debt was forgiven to make room

    static constexpr nanoseconds never = nanoseconds::max();
};

/// Lives as long as the process, longer than any configuration. Any thread may call it, but only
/// one may sweep.
class rate_limiter {
  public:
    /// Makes `buckets` buckets of 8 bytes; the system commits their memory on first use.
    rate_limiter(std::size_t buckets, hash_key seed);
    ~rate_limiter();
    rate_limiter(const rate_limiter&) = delete;
    rate_limiter& operator=(const rate_limiter&) = delete;

    /// A number for a limit's name (a policy's name, "key" for limits of an API key) and rule,
    /// which `key` needs. Compute it once.
    std::uint64_t scope(std::string_view name, const rate_rule&) const noexcept;
    /// `subject` is the bytes of an address, a fingerprint or an identifier.
    rate_key key(std::uint64_t scope, std::string_view subject) const noexcept;

    /// Takes `cost`, or refuses and writes nothing. A cost of 0 is always allowed and writes
    /// nothing; a cost above the rule's burst is always refused. The rule must be the one that
    /// `scope` was given.
    rate_decision take(rate_key, const rate_rule&, std::uint64_t cost, boot_time now) noexcept;
    /// Returns what `take` would, and writes nothing.
    rate_decision look(rate_key, const rate_rule&, std::uint64_t cost,
                       boot_time now) const noexcept;

    std::size_t buckets() const noexcept { return lines_ * slots; }

    /// Empties paid-back buckets in the next 4096th of the table. One thread calls it about each
    /// second: times wrap around after 26 days, and a bucket left untouched for 18 days could be
    /// taken for a new debt.
    void sweep(boot_time now) noexcept;

  private:
    static constexpr std::size_t slots = 8;
    using word = std::atomic<std::uint64_t>;
    struct alignas(64) line {
        word slot[slots];
    };
    static_assert(word::is_always_lock_free);
    static_assert(sizeof(line) == 64);
    struct place {
        std::size_t slot;
        std::uint64_t seen; ///< its word
        bool found;         ///< if false, the slot is the one to displace
    };

    line& line_of(rate_key) const noexcept;
    static place find(const line&, std::uint64_t tag, std::uint64_t now) noexcept;

    std::size_t lines_;
    line* table_;
    hash_key seed_;
    std::size_t swept_ = 0; ///< the line at which the next sweep begins
};

} // namespace latchkey::core
