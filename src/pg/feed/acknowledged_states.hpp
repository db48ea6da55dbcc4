#pragma once
// When another server goes on, may this process keep what it has cached? It may, if that server
// remembers one of its heartbeats. Then it has every transaction that this process had seen when
// that heartbeat was sent, and what happened since is told by the feed. Decides; performs nothing.
//
// Let H be the heartbeat, S the snapshot of the last poll before it was sent, and B the database
// that remembers H: a promoted standby, a server after a crash, a copy.
//
//  1. B has every transaction that was visible in S. PostgreSQL writes a transaction's commit
//  record
//     before it makes it visible, so that record comes before H's, and B has H. (A dump that has H
//     was made after H's commit.)
//  2. B gives no transaction an id below the upper end of S that was finished in S: H's own id is
//     not below it, and B gives only ids above all that it has replayed.
//  3. So whatever B has and S has not, was done by transactions that S did not see, with the ids
//  that
//     S calls not yet finished. Their rows in latchkey.changes are what a poll from S returns, if
//     it takes rows of all eras: those that B has inherited were written in the era before.
//  4. A fact that was told before H was sent came from transactions that B has (1), and whatever
//  has
//     changed it since is told (3). Later facts may come from transactions that are lost: they are
//     doubted (proven_facts.hpp).
//
// What must hold besides: nothing after S was pruned (`pruned_below`; rows of other eras stay for a
// day, and no transaction is open for that long), and triggers wrote all changes
// (trigger_watch.hpp).

#include "pg/feed/feed_poll.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace latchkey::pg {

/// What this process knew when it sent a heartbeat. Who remembers the heartbeat says that it was
/// committed.
struct acknowledged_state {
    std::uint64_t beat = 0;
    std::string snapshot;               ///< of the last poll that was applied
    std::uint64_t first_fact = 0;       ///< facts below it had been told (proven_facts)
    std::uint64_t generations_told = 0; ///< how many changes had ended generations of credentials
    core::boot_time sent_at{};
};

class acknowledged_states {
  public:
    static constexpr std::size_t most = 64; ///< about a minute

    void add(acknowledged_state s) {
        if (all_.size() == most) all_.pop_front();
        all_.push_back(std::move(s));
    }
    void forget() noexcept { all_.clear(); }
    bool is_latest(const acknowledged_state& s) const noexcept { return &s == &all_.back(); }
    /// Returns null if that heartbeat is not known, or too old.
    const acknowledged_state* find(std::uint64_t beat) const noexcept;

    enum class next {
        nothing,    ///< the database is the same, or all must be read anew
        begin_era,  ///< the database has none yet: begin one, and poll again
        poll_there, ///< poll again from that state's snapshot, for rows of all eras
        go_on,      ///< this answer tells all that has happened since that state
    };
    struct decision {
        next what = next::nothing;
        const acknowledged_state* state = nullptr;
    };
    /// `from`: the database that was read so far. `asked`: the snapshot from which the answer was
    /// asked for, if it was for rows of all eras.
    decision decide(const feed_poll& answer, const database_identity& from,
                    const std::optional<std::string>& asked) const;

  private:
    std::deque<acknowledged_state> all_;
};

} // namespace latchkey::pg
