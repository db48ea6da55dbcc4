#pragma once
// SQL to a server that may hang, die or lie: every question ends within its time, and its outcome
// is one of three.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct pg_conn; // libpq's PGconn

namespace latchkey::history {

struct sql_answer {
    enum class kind {
        done,
        refused, ///< an ERROR, or never sent: nothing has been committed
        unknown, ///< the connection ended, or the time
    } how = kind::unknown;
    std::string error{};
    std::vector<std::vector<std::string>> rows{}; ///< of the last statement
    explicit operator bool() const noexcept { return how == kind::done; }
};

/// One connection, opened when it is needed, dropped after anything doubtful. Of one thread.
class sql {
  public:
    sql(std::string conninfo, std::chrono::milliseconds patience);
    ~sql();
    sql(const sql&) = delete;
    sql& operator=(const sql&) = delete;

    /// Several statements are one transaction.
    sql_answer ask(const std::string& statements);
    /// Throws what the server says when it is not done.
    std::vector<std::vector<std::string>> must(const std::string& statements);
    void close() { pg_.reset(); }

  private:
    using deadline = std::chrono::steady_clock::time_point;
    bool connect(deadline);
    bool wait(bool to_write, deadline) const;
    sql_answer receive(deadline);

    struct finish {
        void operator()(pg_conn*) const noexcept;
    };
    std::string conninfo_;
    std::chrono::milliseconds patience_;
    std::unique_ptr<pg_conn, finish> pg_;
};

} // namespace latchkey::history
