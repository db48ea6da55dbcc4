#pragma once
// Every revocation that this process knows of, in memory: asked on each verification of a token,
// cached or not. One thread writes, the one that applies the feed; any worker reads, lock-free.
//
// An open-addressing table of 128-bit keys, hashed from the ids with seeds of the process's own (so
// that nobody can choose ids that collide, and a false alarm takes 2^128 tries). Before the keys
// stand their tags, a byte each: a token that is not revoked costs a look at a few neighbouring
// bytes for each of its ids. Slots are never emptied in place; a table that is full, or stale, is
// copied to a new one (core/snapshot.hpp).

#include <latchkey/auth/organization/organization_form.hpp>
#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/auth/token/token_lives.hpp>
#include <latchkey/core/cache/snapshot.hpp>
#include <latchkey/core/metrics.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey::auth {

struct token_claims;
class organization_revocations;
class revocation_lives;
class revocation_table;

/// Hashed ids. Zero: nothing to ask for.
struct revocation_key {
    std::uint64_t place = 0;
    std::uint64_t check = 0;
};
/// Of one token, by kind; the last two are of the key and of the device that it was made from.
using revocation_keys = std::array<revocation_key, revocation_kinds.size() + 1>;

/// What is known of a token's revocation.
enum class token_standing {
    good,
    revoked,
    organization_disabled,
    unknown, ///< the set is older than `cache.max_staleness`, or not whole
};

class revocation_set {
  public:
    /// `entries_max`: of those that live. Past it the set is not whole, and `check` answers
    /// `unknown`; an eighth more may stand in it, the dead and the living together.
    /// `token_life`: how long a revocation without a date of its own is kept, until more is said.
    revocation_set(core::epochs& readers, std::uint64_t seed, std::size_t entries_max,
                   core::seconds token_life);
    ~revocation_set();

    // --- any thread ---
    /// Which ids of the token are asked for; `own`: it is one of ours, whose subject is the
    /// credential it was made from. One that does not say what that is, is asked for as both.
    revocation_keys keys_of(const token_claims&, bool own) const noexcept;

    /// False: there were more than `entries_max`, and some are not here.
    bool whole() const noexcept { return whole_.load(std::memory_order_acquire); }
    std::size_t entries_max() const noexcept { return entries_max_; }

    // --- any worker, pinned ---
    /// A token without `issued_at` counts as issued before any time. `leeway`: of clocks between
    /// its issuer and us. `now`: what had expired later than that may have been forgotten by a
    /// clock that was ahead, and then all is unknown.
    token_standing check(const revocation_keys&, const std::optional<core::real_time>& issued_at,
                         core::seconds leeway, core::real_time now) const noexcept;

    // --- the thread that applies the feed ---
    /// A constant number of steps for each, on average.
    void apply(const revocation_change&);
    /// What was known holds no more: it is read anew.
    void forget();
    /// Whether reading it anew might make it whole.
    bool has_room() const noexcept;
    /// Gives back what has expired a minute ago. Each minute or so.
    void prune(core::real_time now);
    /// What time it is, for what is applied from now on.
    void set_clock(core::real_time now) noexcept;
    /// The real clock has come back, and what was forgotten meanwhile is to be read anew.
    bool forgot_what_lives(core::real_time now) const noexcept;
    /// Whether anything was forgotten since all was read.
    bool forgot_some() const noexcept;
    /// How many slots have been looked through for the dead. For tests.
    std::uint64_t looks() const noexcept { return looks_; }
    void set_token_lives(token_lives);
    const token_lives& lives() const noexcept;
    /// How organizations are told apart. What is known of them is read anew.
    void set_organization_ids(organization_form);
    organization_form organization_ids() const noexcept;

    core::gauge entries;
    core::gauge bytes;

  private:
    revocation_key key_of(revocation_kind, std::string_view issuer,
                          std::string_view value) const noexcept;
    revocation_key key_of_credential(credential_kind, std::string_view id) const noexcept;
    void put(const revocation_change&);
    void apply_to(const revocation_key&, const revocation_change&);
    bool make_room();
    std::size_t entries_with_dead_max() const noexcept { return entries_max_ + entries_max_ / 8; }
    std::size_t count_living();
    void copy_living(std::size_t living);
    void forgets_what_is_over() noexcept;
    bool is_over(const revocation&) const;
    void grow();
    void count();

    const std::uint64_t seed_;
    const std::size_t entries_max_;
    const std::unique_ptr<revocation_lives> lives_;
    const std::unique_ptr<organization_revocations> organizations_;
    std::atomic<bool> whole_{true};
    std::int64_t horizon_; ///< seconds since 1970: what had expired by then is dead
    std::uint64_t looks_ = 0;
    std::atomic<std::int64_t> forgotten_until_; ///< what had expired by then may not be here
    core::snapshot<revocation_table> table_;
};

} // namespace latchkey::auth
