#pragma once
// One answer of `poll_changes`, and what it means for what is believed. No connection here.

#include <latchkey/auth/change_applier.hpp>
#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace latchkey::pg {

struct feed_poll {
    std::string snapshot; ///< pg_snapshot as text: xmin:xmax:xip,…
    std::optional<std::string>
        era; ///< with the system's and the database's identity; none: crashed
    std::uint64_t pruned_below = 0; ///< changes of older transactions may be gone
    core::real_time database_now;
    auth::change_set changes;
    bool signing_keys_changed = false;         ///< the table tells how
    std::vector<core::real_time> committed_at; ///< of each row, as its trigger saw it
};

/// Nothing: the answer is malformed.
std::optional<feed_poll> decode_feed_poll(const pg_result& rows);

/// The first number of a pg_snapshot's text; 0 when it is malformed.
std::uint64_t snapshot_xmin(std::string_view snapshot) noexcept;

/// How far the feed has been read. Decides; performs nothing.
class feed_position {
  public:
    enum class outcome {
        follows, ///< the answer goes on where the last one ended
        lost,    ///< changes may be missing: nothing that is cached may be believed any more
        no_era,  ///< lost, and an era has to begin
    };
    /// Takes the position that the poll describes.
    outcome advance(const feed_poll&);

    /// What the last poll told was not applied: the next one is a first one.
    void forget() noexcept { snapshot_.reset(); }

    /// What the next poll asks from; none: from its own beginning.
    const std::optional<std::string>& snapshot() const noexcept { return snapshot_; }

  private:
    std::optional<std::string> snapshot_;
    std::optional<std::string> era_;
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
