#pragma once
// Decides which query an answer belongs to on a connection in pipeline mode. It uses no socket and
// no libpq: the shell reports what it sent and received, and performs the returned action.
//
// Each query is followed by a sync of its own, so that an error ends only its own query. For a
// query the server sends a result, an end mark, and the sync. Behind a pooler the session's
// settings go before each query, with a result and an end mark of their own; so does a query's own
// `before`, and if that fails, the server skips the query, which has an error and an end mark all
// the same. Anything out of that order is a violation and ends the connection: no answer is better
// than one to the wrong caller.
//
// The server commits only when it reads the sync, and may fail then: a deferred constraint is
// checked there. So the rows of a query that waits for its commit are kept until the sync has come.
// If there is an error instead, with an end mark of its own, that is the query's result.

#include "pg/connection/query.hpp"

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace latchkey::pg {

/// Lives on its connection's thread.
class pipeline {
  public:
    explicit pipeline(std::size_t in_flight_max) : in_flight_max_(in_flight_max) {}

    // --- the shell sends ---
    bool may_send() const noexcept { return entries_.size() < in_flight_max_; }
    /// Query and sync were handed to the connection. Requires `may_send()`.
    void sent(query& q) { entries_.push_back({&q, first_stage(q)}); }
    /// The same with the session's settings before the query.
    void sent_with_settings(query& q) { entries_.push_back({&q, stage::settings}); }

    // --- the shell has received ---
    enum class event {
        result, ///< rows, or that there are none
        error,
        end_mark, ///< PQgetResult returned null
        sync,
    };
    enum class action {
        deliver,   ///< the result or error belongs to `front()`
        keep,      ///< the result belongs to `front()`, which may have it with `committed`
        committed, ///< the kept result belongs to `take_committed()`
        before,    ///< the result belongs to the `before` of `front()`
        settings,  ///< the result belongs to the settings; an error ends the connection
        carry_on,  ///< nothing to do
        close,     ///< out of order: fail all queries and close
    };
    action received(event);
    query& front() const noexcept { return *entries_.front().whose; }
    /// To be called once after `action::committed`.
    query& take_committed() noexcept { return *std::exchange(committed_, nullptr); }

    // --- the shell gives up ---
    /// Returns every unanswered query, in order, and empties the pipeline.
    std::vector<query*> abandon();

    bool empty() const noexcept { return entries_.empty(); }
    std::size_t in_flight() const noexcept { return entries_.size(); }
    /// When the oldest unanswered query was sent; nullopt if there is none.
    std::optional<core::steady_time> waiting_since() const noexcept;

  private:
    enum class stage {
        settings,
        settings_end_mark,
        before,
        before_end_mark,
        result,
        end_mark,
        sync
    };
    static stage first_stage(const query& q) noexcept {
        return q.before ? stage::before : stage::result;
    }
    struct entry {
        query* whose;
        stage expects;
        bool waits_for_commit = false; ///< it has rows, and is not told yet
        bool told_early = false;       ///< its `before` has failed
        bool is_unanswered() const noexcept {
            return (expects <= stage::result && !told_early) || waits_for_commit;
        }
    };
    std::size_t in_flight_max_;
    std::deque<entry> entries_;
    query* committed_ = nullptr;
};

} // namespace latchkey::pg
