#pragma once
// The pool's arithmetic, as pure functions.

#include <latchkey/core/clock.hpp>

#include <cstddef>

namespace latchkey::pg {

/// A total, spread over the workers: the first ones get what does not divide.
constexpr std::size_t share_of(std::size_t total, std::size_t workers, std::size_t index) {
    return total / workers + (index < total % workers ? 1 : 0);
}

/// Pause before connection attempt number `attempt` (0: at once): doubled each time from `least`,
/// held at `most`, and of that a random part between a half and the whole (`random` in [0, 1)).
core::milliseconds backoff(std::size_t attempt, core::milliseconds least, core::milliseconds most,
                           double random);

/// What the gatherer sees when it decides whether the gathered look-ups go out now.
struct gathering {
    std::size_t gathered = 0;
    std::size_t batches_under_way = 0;
    core::milliseconds oldest_batch{0}; ///< its age
};

/// A batch goes out when none is under way; when so many have gathered that a second query costs
/// less than their wait (`spread`); or when the one under way stalls.
bool batch_is_due(const gathering&, std::size_t spread, core::milliseconds stall);

struct query_bounds {
    std::size_t room = 0;  ///< what may be in queries besides what is
    std::size_t limit = 0; ///< what may be in all queries
    std::size_t spread = 0;
    std::size_t batch_max = 0;
};

/// How many look-ups the next query may take: half of the limit, unless that is less than `spread`,
/// so that the database has another one to work on while an answer is read. At least one.
std::size_t query_size(const query_bounds&);

} // namespace latchkey::pg
