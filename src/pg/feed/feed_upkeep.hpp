#pragma once
// What the feed's reader does for the database now and then, beside the polls: it deletes rows that
// nobody needs any more, keeps the months of the audit trail, and counts what the mirror could not
// take and the trail does not have.

#include "pg/feed/feed_query.hpp"

#include <latchkey/auth/token/token_lives.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/pg/configuration.hpp>

#include <functional>

namespace latchkey::pg {

/// Lives on the feed's thread.
class feed_upkeep {
  public:
    /// `counted` takes the answer of the count, `audited` that of the look at the audit trail;
    /// `refused` is told of what the server refuses.
    feed_upkeep(const configuration&, std::function<auth::token_lives()> lives,
                feed_query::answer counted, feed_query::answer audited,
                const feed_query::refusal& refused);

    /// Sends what is due.
    void tick(connection*, core::steady_time now);
    /// A restored copy may have brought rows.
    void prune_soon() noexcept { next_pruning_ = {}; }

    // --- for the reader, which sends queries that wait and shows their complaints ---
    feed_query prune;
    feed_query prune_revocations;
    feed_query count_findings;
    feed_query keep_audit_events;
    feed_query watch_audit;
    feed_query prune_answers;
    feed_query prune_usage;
    feed_query settle_credits; ///< what nodes hold that are gone

  private:
    void send_pruning(connection*, core::steady_time now);
    void pruned(const pg_result& rows);
    void send_audit_upkeep(connection*, core::steady_time now);
    void audit_kept(const pg_result& rows);

    const configuration& settings_;
    const std::function<auth::token_lives()> lives_;
    core::steady_time next_pruning_{};
    std::size_t asked_days_ = 0;
    core::steady_time next_count_{};
    core::steady_time next_audit_upkeep_{};
    core::milliseconds asked_keep_{};
    core::steady_time next_audit_look_{};
};

} // namespace latchkey::pg
