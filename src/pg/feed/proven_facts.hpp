#pragma once
// Up to which fact the database is known to be the one that told them: up to those that were asked
// for before a poll that a committed heartbeat came after. A copy of the database's files that is
// put back without this heartbeat is found out (node_memory.hpp); one that has it has all that was
// asked for before. What was asked for later is in doubt once the feed's connection is lost.
// Decides; performs nothing.

#include <cstdint>
#include <optional>
#include <utility>

namespace latchkey::pg {

/// Facts are told by their sequence numbers (consistency::begin_poll).
class proven_facts {
  public:
    /// A poll has been applied, before which the facts below `first_fact` were asked for.
    void polled(std::uint64_t first_fact) noexcept { polled_ = first_fact; }
    /// A heartbeat is sent; only one may be under way.
    void announcing() noexcept { announcing_ = polled_; }
    /// That heartbeat is committed.
    void announced() noexcept { proven_ = announcing_; }
    void connection_lost() noexcept { lost_connection_ = true; }
    /// Everything is read anew, so that no fact of before counts.
    void lose() noexcept { *this = {}; }

    /// Call it after each poll. Returns the first fact that is in doubt, once after a connection
    /// was lost.
    std::optional<std::uint64_t> take_doubt() noexcept {
        if (!std::exchange(lost_connection_, false)) return std::nullopt;
        return proven_;
    }

  private:
    std::uint64_t polled_ = 0;
    std::uint64_t announcing_ = 0;
    std::uint64_t proven_ = 0;
    bool lost_connection_ = false;
};

} // namespace latchkey::pg
