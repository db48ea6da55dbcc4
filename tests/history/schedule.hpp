#pragma once
// What is done to the database and the nodes, and when. A seed decides it alone; the same seed
// gives the same text.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::history {

/// A is the primary, B its streaming standby, C another cluster that is empty.
enum class action {
    kill_primary,       ///< SIGKILL
    start_primary,      ///< again, on its data
    stop_primary,       ///< SIGSTOP, with all its children
    continue_primary,   ///< SIGCONT
    sever_replica,      ///< B hears no more from A: what is committed from now on is lost with it
    pause_replay,       ///< B takes what A sends, and does not show it
    resume_replay,      ///< and shows it again
    promote,            ///< B becomes a primary
    move_address,       ///< new connections to the address come to B
    move_address_early, ///< the same, while B is still a standby
    break_links,        ///< all connections of the nodes are reset
    fill_disk,          ///< nothing can be written to A's files
    free_disk,
    make_read_only, ///< A's default_transaction_read_only is on
    make_writable,
    start_read_only, ///< start_primary with that default
    terminate_backends,
    migrate_again,   ///< twice at once
    back_up,         ///< A's files, copied while it is shut down
    roll_back,       ///< to that copy
    add_revocations, ///< `amount` of them, and the feed is pruned up to now
    dump,            ///< pg_dump of A
    restore,         ///< into C, to which the address moves
    restore_raised,  ///< the same, where C's transaction ids are the higher ones
    stall_link,      ///< `node` reaches nothing, and is not told
    pass_link,
    pause_node, ///< SIGSTOP
    continue_node,
    end_node,    ///< SIGTERM, and started again
    kill_node,   ///< SIGKILL, and started again
    shift_clock, ///< of `node`, by `amount` seconds
    set_clock_right,
};

struct step {
    std::chrono::milliseconds at;
    action what;
    int node = -1;
    int amount = 0;
};

/// How the nodes name their database.
enum class way {
    address, ///< one host, which may come to be another server
    hosts,   ///< host=A,B
};

struct schedule {
    std::string name;
    way reach = way::address;
    /// SQL's writers commit asynchronously: a crash loses the last of them.
    bool lazy = false;
    std::chrono::milliseconds max_staleness{2000};
    std::chrono::milliseconds feed_interval{250};
    /// See rules; 0: as max_staleness.
    std::chrono::milliseconds quiet_bound{0};
    /// How long the traffic goes on after the last fault and its traces.
    std::chrono::milliseconds tail{1000};
    /// Nodes reach an unfenced old primary alone: what they answer is counted apart, and is no
    /// failure.
    bool apart = false;
    std::vector<step> steps; ///< in the order of their times
};

/// One to two faults, which may overlap.
schedule schedule_of(std::uint64_t seed);

/// One line for the settings and one for each step.
std::string text(const schedule&);
std::string name(action);

} // namespace latchkey::history
