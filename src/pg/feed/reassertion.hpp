#pragma once
// Has the database judge what this node remembers to be revoked, after the database may have lost
// commits (auth/revocation/remembered_revocations.hpp). The polls go on meanwhile.

#include "pg/feed/feed_poll.hpp"
#include "pg/feed/feed_query.hpp"

#include <latchkey/auth/revocation/remembered_revocations.hpp>
#include <latchkey/core/log.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

/// Lives on the feed's thread.
class reassertion {
  public:
    static constexpr std::size_t page_max = 500;
    static constexpr core::seconds pause{1}; ///< after a page that was refused
    static constexpr core::milliseconds pause_for_others{50};

    /// `remembered` is null where nothing is remembered. `refused` is told of what the server
    /// refuses, `done` when nothing is withheld any more.
    reassertion(auth::remembered_revocations* remembered, std::string node, core::logger&,
                const feed_query::refusal& refused, std::function<void()> done);

    // --- what the reader tells ---
    /// The position was lost. `copied_era`: the database is a copy in the era of the one before.
    /// Nothing has been answered by it yet.
    void lost(bool commits_may_be_lost, std::optional<std::string> copied_era);
    /// The database is followed from this snapshot on.
    void begins(const database_identity&, const std::optional<std::string>& snapshot);
    void has_been_in(const std::vector<std::string>& eras);
    /// These are applied. `loaded_at`: the database's time, if they were read from its tables; then
    /// those count that are new and hold. (What was withdrawn there it judges itself.)
    void note(const auth::change_set&, std::optional<core::real_time> loaded_at);
    void current(const std::string& snapshot, core::boot_time began);

    /// Sends what is due.
    void tick(connection*, core::steady_time);
    /// Of which database nothing is left to write back, as other nodes are told; empty: something
    /// may be.
    const std::string& settled_in() const noexcept { return settled_in_; }
    /// The same of the database that is read now.
    const std::string& here() const noexcept { return here_; }

    /// An operator has accepted the database: what it does not know is to be forgotten.
    bool wants_all_anew() const noexcept { return wants_all_anew_; }
    void is_anew() noexcept { wants_all_anew_ = false; }

    feed_query reassert;
    feed_query leave_era;

  private:
    void judged(const pg_result& rows);
    void refused(const query_failure&);
    void settle();

    auth::remembered_revocations* const remembered_;
    const std::string node_;
    core::logger& log_;
    const feed_query::refusal refused_;
    const std::function<void()> done_;
    connection* conn_ = nullptr;                ///< of the last tick
    std::size_t page_size_ = page_max;          ///< smaller after a page that was refused
    std::optional<auth::remembered_page> page_; ///< under way
    std::optional<std::string> copied_era_;     ///< to be left
    std::string here_;
    std::string settled_in_;
    std::int64_t written_ = 0;
    bool wants_all_anew_ = false;
    core::steady_time next_{};
};

} // namespace latchkey::pg
