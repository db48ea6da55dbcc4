#pragma once
// A migration's connection. While one of its statements waits for a lock, another connection looks
// who holds it. If the holder waits for the migration in turn, the statement is cancelled before
// PostgreSQL's deadlock detection chooses a victim.

#include "pg/connection/blocking_connection.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::pg {

/// Why a statement failed.
struct statement_failure {
    core::failure why;
    bool gave_way = false; ///< others hold a lock: the statement may be tried again
};

class watched_session {
  public:
    /// `notice` is called with the server's warnings.
    static core::result<std::unique_ptr<watched_session>>
    connect(const configuration&, std::function<void(std::string_view)> notice);
    watched_session(const watched_session&) = delete;
    watched_session& operator=(const watched_session&) = delete;

    /// Returns the last result of the statements. With `values`, there must be only one statement.
    boost::system::result<result_ptr, statement_failure>
    run(const std::string& sql, std::span<const std::string> values = {});

    /// The sessions last seen to hold a lock that a statement waited for: "pid 7 (…)"; empty if
    /// none were.
    const std::string& blockers() const { return blockers_; }
    void forget_blockers() { blockers_.clear(); }

    PGconn& connection() { return *pg_; }

  private:
    watched_session(const configuration& settings, connection_ptr pg, std::string pid,
                    std::function<void(std::string_view)> notice);

    bool send(const std::string& sql, std::span<const std::string> values);
    bool wait();
    bool readable_within(int timeout_ms);
    void look();
    void cancel();

    configuration settings_; ///< for the second connection, which is made when needed
    connection_ptr pg_;
    std::string pid_; ///< of the server's process
    connection_ptr watcher_;
    std::function<void(std::string_view)> notice_;
    std::string blockers_;
    bool cancelled_ = false;
};

} // namespace latchkey::pg
