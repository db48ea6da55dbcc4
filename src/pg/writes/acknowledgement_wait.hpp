#pragma once
// One change, and which nodes have applied it. Decides only: the caller reads the nodes.

#include <latchkey/auth/operator_answers.hpp>
#include <latchkey/auth/receipt/transaction_snapshot.hpp>
#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct pg_result;

namespace latchkey::pg {

/// What was read of the live nodes, and of the standbys.
struct fleet_reading {
    struct node {
        auth::acknowledgement::node who;
        core::milliseconds max_staleness{};
        std::optional<auth::transaction_snapshot> applied; ///< nullopt: nothing yet
    };
    std::vector<node> nodes;
    std::int64_t flushed_here = 0;             ///< the log's bytes on this server's disk
    std::optional<std::int64_t> flushed_there; ///< on a standby's that commits would wait for
    bool expects_standby = false;              ///< there should be such a standby
};

/// Returns nullopt if the rows of `read_fleet` are malformed.
std::optional<fleet_reading> decode_fleet(const pg_result& rows);

class acknowledgement_wait {
  public:
    static constexpr core::milliseconds first_reading_grace{1000};

    acknowledgement_wait(std::uint64_t transaction, core::steady_time deadline) noexcept
        : transaction_(transaction), deadline_(deadline) {}

    /// The reading must have begun after the change was committed: a node that is not in it begins
    /// to answer only after it has read the change.
    void look(fleet_reading);
    /// Another database may go on where this one was: transactions have other numbers there, and it
    /// may have lost the change. The wait is over, and it is not known who obeys it.
    void lose() noexcept {
        is_lost_ = true;
        latest_ = {};
    }
    /// Without any reading nobody could be named: for the first one it waits a little longer.
    bool is_over(core::steady_time now) const noexcept {
        return is_lost_ || now >= (needed_ ? deadline_ : deadline_ + first_reading_grace) ||
               (all_have_it() && (replicated_ || !latest_.expects_standby));
    }
    core::steady_time deadline() const noexcept { return deadline_; }
    auth::acknowledgement outcome(core::real_time now) const;

  private:
    bool has_it(const fleet_reading::node& n) const noexcept {
        return n.applied && n.applied->covers(transaction_);
    }
    bool all_have_it() const noexcept;

    std::uint64_t transaction_;
    core::steady_time deadline_;
    bool is_lost_ = false;
    fleet_reading latest_;
    std::optional<std::int64_t> needed_; ///< the change is in the log before this byte
    bool replicated_ = false;
};

} // namespace latchkey::pg
