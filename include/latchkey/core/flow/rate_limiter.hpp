#pragma once
// Who may have how much in how long, for any number of callers in a fixed memory.
//
// A bucket is one atomic 64-bit word: twenty bits that tell whose it is, and the time, in
// forty-four bits of 128 ns, at which all that was taken will have been paid back (GCRA's
// "theoretical arrival time": ATM Forum TM 4.0, section 4.4; it counts as a token bucket does). How
// far that time lies ahead of now is the debt. A request is allowed if its cost on top of the debt
// stays within the rule's burst; then one compare-and-exchange moves the time on. A refusal writes
// nothing, so who hammers at a closed door reads a shared cache line and no more. Eight buckets
// make a cache line, and a caller's keyed hash chooses the line: a check touches that line alone.
//
// When a line is full of callers in debt, a new one displaces the smallest debt. What that means:
//  * Nobody is refused for want of room. The error is always towards the caller: a displaced one
//    has his debt forgiven.
//  * A flood of fresh addresses displaces itself and light users, who lose nothing by it, before an
//    offender, whose debt is as large as his rule allows. To free an offender, seven others of his
//    line must owe more than he does; as nobody knows who shares a line, that takes as large a debt
//    in nearly all of the table: buckets * burst requests, within the time of one refill. (Debts
//    are times: callers that owe under a rule of hours stay before those of a rule of seconds.)
//  * Two callers of one line and one tag share a bucket: one in 150,000 callers, when the table is
//    full. Two threads that bring the same new caller at the same time can make two buckets of him;
//    then he may have his burst twice, once.
//
// Rules come with each call: the table holds times and knows no rule. Keys are made with a random
// seed of the process's own, and with the rule, so that a changed rule begins afresh.

#include <latchkey/core/cache/keyed_hash.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/rate_rule.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::core {

/// Who is counted, by which rule. Made by a limiter, for that limiter.
class rate_key {
  public:
    friend bool operator==(rate_key, rate_key) = default;

  private:
    friend class rate_limiter;
    explicit rate_key(std::uint64_t hash) noexcept : hash_(hash) {}
    std::uint64_t hash_;
};

struct rate_decision {
    bool allowed = true;
    std::uint64_t remaining = 0; ///< what could still be taken now
    /// Refused: when the same cost will be allowed, if nothing is taken before. `never`: it is more
    /// than the burst.
    nanoseconds retry_after{};
    nanoseconds full_after{}; ///< until the whole burst is there again
    bool displaced = false;   ///< somebody's debt was forgiven to make room

    static constexpr nanoseconds never = nanoseconds::max();
};

/// Lives as long as the process: it outlasts configurations. Any thread.
class rate_limiter {
  public:
    /// `buckets` of 8 bytes; the memory is the system's until it is used.
    rate_limiter(std::size_t buckets, hash_key seed);
    ~rate_limiter();
    rate_limiter(const rate_limiter&) = delete;
    rate_limiter& operator=(const rate_limiter&) = delete;

    /// A name for one limit (a policy's name, "key" for limits of a key) and its rule; what
    /// `key` wants. Compute it once.
    std::uint64_t scope(std::string_view name, const rate_rule&) const noexcept;
    /// The subject: the bytes of an address, a fingerprint, an identifier.
    rate_key key(std::uint64_t scope, std::string_view subject) const noexcept;

    /// Takes `cost`, or refuses and writes nothing. A cost of 0 is always allowed and writes
    /// nothing; one above the rule's burst is refused, for ever. The rule is the key's.
    rate_decision take(rate_key, const rate_rule&, std::uint64_t cost, boot_time now) noexcept;
    /// What `take` would say.
    rate_decision look(rate_key, const rate_rule&, std::uint64_t cost,
                       boot_time now) const noexcept;

    std::size_t buckets() const noexcept { return lines_ * slots; }

    /// Empties paid-back buckets in the next 4096th of the table. One thread, each second or so:
    /// times wrap around after 26 days, and what lay untouched for 18 could be taken for new.
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
        std::uint64_t seen; ///< the word in it
        bool found;         ///< false: the one to displace
    };

    line& line_of(rate_key) const noexcept;
    static place find(const line&, std::uint64_t tag, std::uint64_t now) noexcept;

    std::size_t lines_;
    line* table_;
    hash_key seed_;
    std::size_t swept_ = 0; ///< where the sweep goes on
};

} // namespace latchkey::core
