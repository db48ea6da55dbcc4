#pragma once
// Up to which fact the database is known to be the one that told them: up to those whose answers
// came before a poll that a committed heartbeat came after. A copy of the database's files that is
// put back without this heartbeat is found out (node_memory.hpp); one that has it has all that was
// told before. What was told later is in doubt once the feed's connection is lost. Decides;
// performs nothing.

#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace latchkey::pg {

/// Facts are named by their sequence numbers (consistency::begin_poll), which they get when they
/// are asked for; their answers come at most `longest_look_up` later.
class proven_facts {
  public:
    explicit proven_facts(core::nanoseconds longest_look_up) : longest_look_up_(longest_look_up) {}

    /// A poll has been applied that began at `began`, after the facts below `first_fact` were asked
    /// for.
    void polled(std::uint64_t first_fact, core::boot_time began) noexcept {
        if (next_ && began - next_->began < longest_look_up_) return;
        if (next_) told_ = next_->first_fact;
        next_ = {first_fact, began};
    }
    /// A heartbeat is sent; only one may be under way.
    void announcing() noexcept { announcing_ = told_; }
    /// That heartbeat is committed.
    void announced() noexcept { proven_ = announcing_; }
    void connection_lost() noexcept { lost_connection_ = true; }
    /// Facts below this one are proven once the heartbeat that was sent last is committed.
    std::uint64_t announced_up_to() const noexcept { return announcing_; }
    /// Another database goes on, which has told the facts below this one.
    void go_on_from(std::uint64_t first_fact) noexcept {
        *this = proven_facts(longest_look_up_);
        told_ = announcing_ = proven_ = first_fact;
    }
    /// Everything is read anew, so that no fact of before counts.
    void lose() noexcept { *this = proven_facts(longest_look_up_); }

    /// Call it after each poll. Returns the first fact that is in doubt, once after a connection
    /// was lost.
    std::optional<std::uint64_t> take_doubt() noexcept {
        if (!std::exchange(lost_connection_, false)) return std::nullopt;
        return proven_;
    }

  private:
    struct poll {
        std::uint64_t first_fact;
        core::boot_time began;
    };

    core::nanoseconds longest_look_up_;
    std::optional<poll> next_; ///< facts before it may be on their way
    std::uint64_t told_ = 0;   ///< all answers before it have come
    std::uint64_t announcing_ = 0;
    std::uint64_t proven_ = 0;
    bool lost_connection_ = false;
};

} // namespace latchkey::pg
