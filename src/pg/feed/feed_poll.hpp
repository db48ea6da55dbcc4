#pragma once
// One answer of `poll_changes`, and what it means for the node's state. Uses no connection.

#include "pg/feed/node_memory.hpp"

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/pg/connection/database_identity.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace latchkey::pg {

struct feed_poll {
    std::string snapshot; ///< what the answer reaches to, as text: xmin:xmax:xip,…
    std::string taken_at; ///< the server's own snapshot: `snapshot`, or a later one
    database_identity identity;
    std::uint64_t pruned_below = 0;    ///< changes of older transactions may be gone
    std::optional<std::uint64_t> beat; ///< in this process's row of nodes; nullopt: no row
    core::real_time database_now;
    bool more = false;         ///< a further page follows
    std::int64_t last_seq = 0; ///< of this page
    auth::change_set changes;
    bool signing_keys_changed = false;         ///< their table holds the new state
    std::vector<core::real_time> committed_at; ///< of each row, as its trigger saw it
};

/// Returns nullopt if the answer is malformed.
std::optional<feed_poll> decode_feed_poll(const pg_result& rows);

/// Returns the first number of a pg_snapshot's text; 0 if it is malformed.
std::uint64_t snapshot_xmin(std::string_view snapshot) noexcept;
/// Returns the second number; 0 if it is malformed.
std::uint64_t snapshot_xmax(std::string_view snapshot) noexcept;

/// How far the feed has been read, and of which database. Decides; performs nothing.
class feed_position {
  public:
    enum class outcome {
        follows, ///< the answer continues where the last one ended
        lost,    ///< changes may be missing: nothing that is cached may be trusted any more
        no_era,  ///< lost, and an era must be begun
        resumes, ///< another database goes on, and the answer tells all that is new in it
    };
    /// Moves to the position that the poll describes. If the position is lost, `memory` forgets
    /// too.
    outcome advance(const feed_poll&, node_memory& memory);
    /// Why the position was lost the last time: a part of a sentence.
    std::string_view why_lost() const noexcept { return lost_.why; }
    /// True if the database may have lost commits that were seen before; false if some were only
    /// missed, and are there.
    bool commits_may_be_lost() const noexcept { return lost_.has_commits; }

    /// The database of the last answer; nullopt before the first one.
    std::optional<database_identity> database() const {
        return origin_ ? std::optional(origin_->identity) : std::nullopt;
    }
    /// True if the answer compares organizations' ids as those before.
    bool has_form_of(const feed_poll& poll) const {
        return origin_ && origin_->form == poll.changes.organization_ids;
    }
    /// The next poll asks from here (acknowledged_states.hpp).
    void ask_from(const std::string& snapshot) {
        forget();
        snapshot_ = snapshot;
    }
    /// Moves to another database, of which the poll tells all that is new.
    void resume(const feed_poll&, node_memory& memory);
    /// True if transactions that were seen are not there.
    bool has_gone_back(const feed_poll& poll) const noexcept {
        return snapshot_xmax(poll.taken_at) < xmax_;
    }
    bool is_era_in_memory() const noexcept { return era_in_memory_; }

    /// The last poll was not applied: the next one counts as a first one.
    void forget() noexcept;
    /// No era can be written: from now on the lack of an era counts as one. That ends with the
    /// connection, since a crash ends both.
    void keep_era_in_memory() noexcept { era_in_memory_ = true; }
    /// The position is sent with a heartbeat; only one may be under way.
    void announcing() { announcing_ = snapshot_; }
    /// That heartbeat is committed.
    void announced() { announced_ = announcing_; }
    /// The next poll asks again from the last position that is committed: a copy of the database's
    /// files that was put back meanwhile may have others of the later transactions. (Not between
    /// pages, so that a large change is read to its end however often a page comes too late.)
    void connection_ended() {
        era_in_memory_ = false;
        if (snapshot_ && announced_ && !target_) snapshot_ = announced_;
    }

    /// The snapshot from which the next poll asks; nullopt: from the poll's own start.
    const std::optional<std::string>& snapshot() const noexcept { return snapshot_; }
    /// While pages are read, the snapshot that they reach to; nullopt: as far as the poll can see.
    const std::optional<std::string>& target() const noexcept { return target_; }
    /// The number of the last row in the last page.
    std::int64_t after() const noexcept { return after_; }

  private:
    struct origin {
        database_identity identity;
        /// If ids are compared in another form, all that was learned of organizations is void.
        std::optional<auth::organization_form> form;
        bool operator==(const origin&) const = default;
    };
    struct loss {
        std::string_view why; ///< empty: none
        bool has_commits = true;
    };
    loss find_loss(const feed_poll&, const node_memory&) const;
    void leave(const feed_poll&, node_memory&);

    std::optional<std::string> snapshot_;
    std::optional<std::string> target_;
    std::int64_t after_ = 0;
    std::optional<std::string> announcing_;
    std::optional<std::string> announced_;
    std::optional<origin> origin_;
    std::uint64_t xmax_ = 0;
    bool era_in_memory_ = false;
    loss lost_;
};

/// Decides when the next poll may begin: after each interval, and as soon as one is wanted, but
/// never sooner than a distance after the last one, since any role of the database may send
/// notifications. The caller passes the time.
class poll_schedule {
  public:
    poll_schedule(core::milliseconds distance, core::milliseconds interval) noexcept
        : distance_(distance), interval_(interval) {}

    /// Something may have changed. Any number of calls leads to one poll.
    void want() noexcept { wanted_ = true; }
    void began(core::steady_time now) noexcept;
    /// The poll's changes were applied, or given up.
    void ended(core::steady_time now) noexcept;

    core::steady_time due() const noexcept;

  private:
    core::milliseconds distance_;
    core::milliseconds interval_;
    bool wanted_ = false;
    core::steady_time earliest_{};
    core::steady_time regular_{};
};

} // namespace latchkey::pg
