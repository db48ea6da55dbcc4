#pragma once
// Runs a step that needs locks until it is done, without blocking others.
//
// Design. The older service reads and writes its tables while they are migrated. So
//
// * each attempt waits for a lock no longer than `lock_attempt`, and is undone as a whole if it
//   does not get it; then others are left alone for several times as long (lock_patience);
// * a transaction locks one table of the older service, and does little while it holds it;
// * what takes long (indexes, existing arrays) takes no lock that a reader or writer waits for, or
//   is done in batches;
// * after `lock_wait` without progress, the failure names who is in the way.

#include "pg/connection/watched_session.hpp"
#include "pg/migrate/lock_patience.hpp"

#include <functional>
#include <random>
#include <string>

namespace latchkey::pg {

class step_runner {
  public:
    using outcome = boost::system::result<result_ptr, statement_failure>;

    /// `at` is called between steps and batches with the point's name; an exception from it ends
    /// the migration there.
    step_runner(watched_session& session, core::milliseconds lock_wait,
                std::function<void(const std::string&)> at);

    /// Repeats the attempt until it need not give way. `what` begins the failure's sentence.
    core::result<void> patiently(const std::string& what, const std::function<outcome()>& attempt);

    /// Runs `body` in a transaction that waits for no lock longer than an attempt may.
    outcome in_transaction(const std::function<outcome()>& body);

    /// After an attempt gave way: pauses, or returns the failure if it has taken too long.
    core::result<void> pause(const std::string& what, lock_patience&, const core::failure& why);

    lock_patience patience() const;
    outcome run(const std::string& sql, std::span<const std::string> values = {}) {
        return session_.run(sql, values);
    }
    watched_session& session() { return session_; }
    core::milliseconds lock_wait() const { return lock_wait_; }
    /// A test may end the migration here.
    void reached(const std::string& point) const {
        if (at_) at_(point);
    }

  private:
    watched_session& session_;
    core::milliseconds lock_wait_;
    std::function<void(const std::string&)> at_;
    std::minstd_rand random_{std::random_device{}()};
    std::string begin_;
};

} // namespace latchkey::pg
