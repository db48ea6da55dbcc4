#pragma once
// Every revocation that this process knows of, in memory. It is consulted on each verification of a
// token, cached or not. The thread that applies the feed writes; any worker reads, without locks.
//
// The set is an open-addressing table of 128-bit keys, hashed from the ids with seeds of the
// process's own: nobody can choose ids that collide, and finding a false match takes 2^128 tries.
// Each slot has a tag of one byte, and tags are stored together: a token that is not revoked costs
// a look at a few neighbouring bytes for each of its ids. Slots are never emptied in place; a table
// that is full or stale is copied to a new one (core/cache/snapshot.hpp).

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

/// Hashed ids. `place` is zero if there is nothing to look for.
struct revocation_key {
    std::uint64_t place = 0;
    std::uint64_t check = 0;
};
/// Of one token, by kind; then of the API key and of the device that it was made from; the last two
/// are of the token that it was made from, and of the token of ours between the two.
using revocation_keys = std::array<revocation_key, revocation_kinds.size() + 3>;

/// What is known about a token's revocation.
enum class token_standing {
    good,
    revoked,
    organization_disabled,
    unknown, ///< the feed is older than `cache.max_staleness`, or the set is not whole
};

class revocation_set {
  public:
    /// `entries_max` bounds the revocations that still live. Past it the set is not whole, and
    /// `check` returns `unknown`. The table may hold an eighth more, living and expired ones
    /// together. `token_life`: how long a revocation without a date of its own is kept, until
    /// set_token_lives.
    revocation_set(core::epochs& readers, std::uint64_t seed, std::size_t entries_max,
                   core::seconds token_life);
    ~revocation_set();

    // --- any thread ---
    /// Returns the keys to look for. `own`: the token is one of ours, and its subject is the
    /// credential that it was made from, unless it says that it is another issuer's; if it does not
    /// say of which kind, both kinds are looked for.
    revocation_keys keys_of(const token_claims&, bool own) const noexcept;

    /// False if there were more than `entries_max`, and some are missing here.
    bool whole() const noexcept { return whole_.load(std::memory_order_acquire); }
    std::size_t entries_max() const noexcept { return entries_max_; }
    /// True if nothing is known to be revoked.
    bool empty() const noexcept { return entries.value() == 0; }

    // --- any worker, pinned to an epoch ---
    /// A token without `issued_at` (token_claims::first_issued_at) counts as issued before any
    /// time. `leeway` is the allowed difference between its issuer's clock and ours. `generation`
    /// is that of the credential that the token was made from. If the clock was ahead of `now`,
    /// revocations that had not expired by `now` may have been forgotten; then the result is
    /// `unknown`.
    token_standing check(const revocation_keys&, const std::optional<core::real_time>& issued_at,
                         core::seconds leeway, core::real_time now,
                         std::uint32_t generation = 0) const noexcept;

    /// True if the credential, or its organization, by this very spelling, is revoked in any way.
    bool names(credential_kind, std::string_view id, std::string_view organization) const noexcept;

    // --- the thread that applies the feed ---
    /// True if something like this was applied and holds.
    bool names(const revocation&) const noexcept;
    /// Takes a constant number of steps, on average.
    void apply(const revocation_change&);
    /// Forgets all revocations; the caller reads them anew.
    void forget();
    /// True if reading all revocations anew might make the set whole.
    bool has_room() const noexcept;
    /// Frees memory that no reader sees any more.
    void reclaim() { table_.reclaim(); }
    /// Frees revocations that expired at least a minute ago. Called each minute or so.
    void prune(core::real_time now);
    /// Sets the time by which later changes are applied.
    void set_clock(core::real_time now) noexcept;
    /// True if the real clock has been set back, so that forgotten revocations must be read anew.
    bool forgot_what_lives(core::real_time now) const noexcept;
    /// True if anything was forgotten since all was read.
    bool forgot_some() const noexcept;
    /// How many slots were searched for expired entries. For tests.
    std::uint64_t looks() const noexcept { return looks_; }
    void set_token_lives(token_lives);
    const token_lives& lives() const noexcept;
    /// Sets how organizations are told apart. What is known of organizations must be read anew.
    void set_organization_ids(organization_form);
    organization_form organization_ids() const noexcept;

    core::gauge entries;
    core::gauge bytes;

  private:
    revocation_key key_of(revocation_kind, std::string_view issuer,
                          std::string_view value) const noexcept;
    revocation_key key_of_credential(credential_kind, std::string_view id) const noexcept;
    bool has(const revocation_key&) const noexcept;
    void put(const revocation_change&);
    void apply_to(const revocation_key&, const revocation_change&);
    void store(const revocation_key&, std::int64_t until, const revocation&);
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
    std::int64_t horizon_; ///< seconds since 1970: what had expired by then counts as dead
    std::uint64_t looks_ = 0;
    /// Seconds since 1970: what had expired by then may be missing.
    std::atomic<std::int64_t> forgotten_until_;
    core::snapshot<revocation_table> table_;
};

} // namespace latchkey::auth
