#pragma once
// One answer of `poll_changes`, and what it means for what is believed. No connection here.

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
    std::string snapshot; ///< what the answer reaches to; as text: xmin:xmax:xip,…
    std::string taken_at; ///< the server's own snapshot: `snapshot`, or a later one
    database_identity identity;
    std::uint64_t pruned_below = 0;    ///< changes of older transactions may be gone
    std::optional<std::uint64_t> beat; ///< in this process's row of nodes; none: there is no row
    core::real_time database_now;
    bool more = false;         ///< a further page follows
    std::int64_t last_seq = 0; ///< of this one
    auth::change_set changes;
    bool signing_keys_changed = false;         ///< the table tells how
    std::vector<core::real_time> committed_at; ///< of each row, as its trigger saw it
};

/// Nothing: the answer is malformed.
std::optional<feed_poll> decode_feed_poll(const pg_result& rows);

/// The first number of a pg_snapshot's text; 0 when it is malformed.
std::uint64_t snapshot_xmin(std::string_view snapshot) noexcept;
/// The second one.
std::uint64_t snapshot_xmax(std::string_view snapshot) noexcept;

/// How far the feed has been read, and of whose database. Decides; performs nothing.
class feed_position {
  public:
    enum class outcome {
        follows, ///< the answer goes on where the last one ended
        lost,    ///< changes may be missing: nothing that is cached may be believed any more
        no_era,  ///< lost, and an era has to begin
    };
    /// Takes the position that the poll describes. What was lost is forgotten by `memory` as well.
    outcome advance(const feed_poll&, node_memory& memory);
    /// Why it was lost the last time: a part of a sentence.
    std::string_view why_lost() const noexcept { return why_lost_; }

    /// What the last poll told was not applied: the next one is a first one.
    void forget() noexcept;
    /// No era can be written: from now on, that there is none is one. It ends with the connection,
    /// since a crash ends both.
    void keep_era_in_memory() noexcept { era_in_memory_ = true; }
    void connection_ended() noexcept { era_in_memory_ = false; }

    /// What the next poll asks from; none: from its own beginning.
    const std::optional<std::string>& snapshot() const noexcept { return snapshot_; }
    /// What it reaches to, as long as pages are read; none: as far as it can see.
    const std::optional<std::string>& target() const noexcept { return target_; }
    /// The number that the last page ended with.
    std::int64_t after() const noexcept { return after_; }

  private:
    struct origin {
        database_identity identity;
        /// Told apart otherwise, all that was learned of organizations counts no more.
        std::optional<auth::organization_form> form;
        bool operator==(const origin&) const = default;
    };
    std::string_view find_loss(const feed_poll&, const node_memory&) const;

    std::optional<std::string> snapshot_;
    std::optional<std::string> target_;
    std::int64_t after_ = 0;
    std::optional<origin> origin_;
    std::uint64_t xmax_ = 0;
    bool era_in_memory_ = false;
    std::string_view why_lost_;
};

/// When the next poll may begin: each interval, and as soon as one is wanted, but never sooner than
/// a distance after the last, since any role of the database may send notifications. Decides; keeps
/// no time of its own.
class poll_schedule {
  public:
    poll_schedule(core::milliseconds distance, core::milliseconds interval) noexcept
        : distance_(distance), interval_(interval) {}

    /// Something may have changed. Any number of these is one poll.
    void want() noexcept { wanted_ = true; }
    void began(core::steady_time now) noexcept;
    /// What it told has been applied, or given up.
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
