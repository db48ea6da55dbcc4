#pragma once
// What a fail-over, a crash or a restored copy went without is found by asking what is left: each
// write leaves its id in its own transaction. Where the new log begins is thereby known exactly,
// also for writes whose acknowledgement never came.

#include "history.hpp"

#include <set>

namespace latchkey::history {

/// Ids that are there after the event.
using survivors = std::set<int>;

/// After an event that took place within `when`: of the writes that had begun before it, those that
/// are there are certain from then on, and those that are not were lost in it.
void settle(std::vector<write>&, const survivors&, span when);

/// The end of the run: of the writes that no event has settled, an acknowledged one that is not
/// there was never true after its end.
void settle_at_end(std::vector<write>&, const survivors&, moment now);

/// A write's own end, which may come after the event that lost or kept it.
void finish(write&, outcome how, moment end, bool everywhere);

} // namespace latchkey::history
