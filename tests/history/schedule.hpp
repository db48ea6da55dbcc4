#pragma once
// What happens to the database and the nodes, and when. A seed determines all of it; the same seed
// gives the same text.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::history {

/// A is the primary, B its streaming standby, C another, empty cluster. After rebuild_standby, B is
/// the primary, and C its standby.
enum class action {
    kill_primary,     ///< SIGKILL
    start_primary,    ///< started again on its data
    stop_primary,     ///< SIGSTOP, with all its children
    continue_primary, ///< SIGCONT
    sever_replica, ///< B receives nothing more from A: what is committed from now on is lost with A
    pause_replay,  ///< B receives what A sends, and does not apply it
    resume_replay, ///< B applies it again
    promote,       ///< B becomes a primary
    move_address,  ///< new connections to the address reach B
    move_address_early, ///< the same, while B is still a standby
    break_links,        ///< resets all connections of the nodes
    fill_disk,          ///< nothing can be written to A's files
    free_disk,
    make_read_only, ///< sets A's default_transaction_read_only
    make_writable,
    start_read_only, ///< start_primary with that setting
    terminate_backends,
    migrate_again,   ///< twice at the same time
    back_up,         ///< copies A's files while it is shut down
    roll_back,       ///< restores that copy
    add_revocations, ///< adds `amount` of them, and prunes the feed up to now
    dump,            ///< pg_dump of A
    restore,         ///< into C, to which the address moves
    restore_raised,  ///< the same, but C's transaction ids are the higher ones
    rebuild_standby, ///< makes C the standby of the promoted B
    accept_database, ///< an operator says that the database counts as it is
    lift_holds,      ///< an operator ends what nodes have written back (of what nobody else writes)
    stall_link,      ///< `node` reaches nothing, and gets no error
    pass_link,
    pause_node, ///< SIGSTOP
    continue_node,
    end_node,    ///< SIGTERM, then started again
    kill_node,   ///< SIGKILL, then started again
    shift_clock, ///< shifts the clock of `node` by `amount` seconds
    set_clock_right,
};

struct step {
    std::chrono::milliseconds at;
    action what;
    int node = -1;
    int amount = 0;
};

/// How the nodes connect to their database.
enum class way {
    address, ///< one host, which may later be another server
    hosts,   ///< host=A,B
};

struct schedule {
    std::string name;
    way reach = way::address;
    /// The SQL writers commit asynchronously: a crash loses their last writes.
    bool lazy = false;
    std::chrono::milliseconds max_staleness{2000};
    std::chrono::milliseconds feed_interval{250};
    /// See rules; 0 means max_staleness.
    std::chrono::milliseconds quiet_bound{0};
    /// How long the traffic continues after the last fault and its effects.
    std::chrono::milliseconds tail{1000};
    /// Nodes reach only an old primary that is not fenced: their answers are counted separately,
    /// and are no failure.
    bool apart = false;
    /// Revocations that all nodes had obeyed must get lost in it; otherwise it shows nothing.
    bool loses_obeyed = false;
    /// Not in the daily run.
    bool is_long_only = false;
    std::vector<step> steps; ///< in the order of their times
};

/// Makes one or two faults, which may overlap.
schedule schedule_of(std::uint64_t seed);

/// One line for the settings and one for each step.
std::string text(const schedule&);
std::string name(action);

} // namespace latchkey::history
