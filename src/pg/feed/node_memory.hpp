#pragma once
// What the database must remember of this process: the number of its last heartbeat. A copy of the
// database's files that was restored in place has the same identity, but not this number. Decides;
// performs nothing.

#include <algorithm>
#include <cstdint>
#include <optional>

namespace latchkey::pg {

class node_memory {
  public:
    /// Returns the number of the heartbeat to send now; only one may be under way.
    std::uint64_t next() noexcept { return ++sent_; }
    /// That heartbeat is committed.
    void acknowledged() noexcept { acknowledged_ = sent_; }

    /// `told`: the number in this process's row of nodes; nullopt if there is no row. A heartbeat
    /// whose outcome is unknown may or may not have been committed.
    bool agrees_with(std::optional<std::uint64_t> told) const noexcept {
        if (acknowledged_ == 0) return true;
        return told && *told >= acknowledged_ && *told <= sent_;
    }
    /// Another database acknowledged the heartbeats. `told` as above: no number may come twice.
    void forget(std::optional<std::uint64_t> told) noexcept {
        acknowledged_ = 0;
        sent_ = std::max(sent_, told.value_or(0));
    }

  private:
    std::uint64_t sent_ = 0;
    std::uint64_t acknowledged_ = 0; ///< 0: none
};

} // namespace latchkey::pg
