#pragma once
// What the pool decides without its connections: its arithmetic, and whose turn it is.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <optional>

namespace latchkey::pg {

/// Returns one worker's share of a total: the first workers get what does not divide.
constexpr std::size_t share_of(std::size_t total, std::size_t workers, std::size_t index) {
    return total / workers + (index < total % workers ? 1 : 0);
}

/// Returns the pause before connection attempt number `attempt` (0: none). It doubles each time
/// from `least` up to `most`; of that, a random part between a half and the whole is taken
/// (`random` in [0, 1)).
core::milliseconds backoff(std::size_t attempt, core::milliseconds least, core::milliseconds most,
                           double random);

/// What decides whether the gathered look-ups are sent now.
struct gathering {
    std::size_t gathered = 0;
    std::size_t batches_under_way = 0;
    core::milliseconds oldest_batch{0}; ///< its age
};

/// Returns whether a batch is to be sent: when none is under way; when so many look-ups have
/// gathered that a second query costs less than their wait (`spread`); or when the batch under way
/// stalls.
bool batch_is_due(const gathering&, std::size_t spread, core::milliseconds stall);

/// Kinds of look-ups share the connections. When several are due for the last room, the one that
/// did not get the last query goes first.
class kind_turns {
  public:
    explicit constexpr kind_turns(std::size_t kinds) noexcept : kinds_(kinds) {}

    /// Returns the first kind in turn that is due, or nullopt.
    template <class Due>
    std::optional<std::size_t> next(Due&& is_due) const {
        for (std::size_t i = 0; i < kinds_; ++i)
            if (const auto kind = (first_ + i) % kinds_; is_due(kind)) return kind;
        return std::nullopt;
    }
    /// The kind got a query.
    void taken(std::size_t kind) noexcept { first_ = (kind + 1) % kinds_; }

  private:
    std::size_t kinds_;
    std::size_t first_ = 0;
};

struct query_bounds {
    std::size_t room = 0;  ///< look-ups that queries may take besides those in flight
    std::size_t limit = 0; ///< look-ups that all queries together may hold
    std::size_t spread = 0;
    std::size_t batch_max = 0;
};

/// Returns how many look-ups the next query may take, at least one: half of the limit, but not less
/// than `spread`, so that the database has another query to work on while an answer is read.
std::size_t query_size(const query_bounds&);

} // namespace latchkey::pg
