#pragma once
// Finds the writes that a fail-over, a crash or a restored copy lost, by asking the database that
// is left: each write leaves its id in its own transaction. This shows exactly where the new
// history begins, also for writes whose acknowledgement never came.

#include "history.hpp"

#include <set>

namespace latchkey::history {

/// The ids that are there after the event.
using survivors = std::set<int>;

/// Settles an event that took place within `when`. Of the writes that had begun before it, those
/// that are there are certain from then on; the others were lost in it.
void settle(std::vector<write>&, const survivors&, span when);

/// Settles the acknowledged writes that ended before the database was asked: what is not there,
/// though no event has lost it, was acknowledged by a server that was no primary any more. Needed
/// before a second event, which would be blamed for it.
void settle_past(std::vector<write>&, const survivors&, const std::vector<span>& events,
                 moment asked);

/// Settles the end of the run: of the writes that no event has settled, an acknowledged one that is
/// not there was lost. If it began during an event, it may have been seen until the event was over;
/// otherwise it was never true after its end.
void settle_at_end(std::vector<write>&, const survivors&, const std::vector<span>& events,
                   moment now);

/// Records the end of a write, which may come after the event that lost or kept it.
void finish(write&, outcome how, moment end, bool everywhere);

} // namespace latchkey::history
