#pragma once
// What the database has to remember of this process: the number of its last heartbeat. A copy of
// the database's files that was put back in place has all its identity, but not its memory.
// Decides; performs nothing.

#include <algorithm>
#include <cstdint>
#include <optional>

namespace latchkey::pg {

class node_memory {
  public:
    /// Of the heartbeat that is sent now; one is under way at a time.
    std::uint64_t next() noexcept { return ++sent_; }
    /// It is committed.
    void acknowledged() noexcept { acknowledged_ = sent_; }

    /// `told`: the number in this process's row of nodes; nothing: there is no row. A heartbeat
    /// whose end is not known may have been committed, or not.
    bool agrees_with(std::optional<std::uint64_t> told) const noexcept {
        if (acknowledged_ == 0) return true;
        return told && *told >= acknowledged_ && *told <= sent_;
    }
    /// What was acknowledged was another's. `told` as above: no number comes twice.
    void forget(std::optional<std::uint64_t> told) noexcept {
        acknowledged_ = 0;
        sent_ = std::max(sent_, told.value_or(0));
    }

  private:
    std::uint64_t sent_ = 0;
    std::uint64_t acknowledged_ = 0; ///< 0: none
};

} // namespace latchkey::pg
