#pragma once
// SQL to a server that may hang, die or give wrong answers: every question ends within its time,
// with one of three outcomes.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct pg_conn; // libpq's PGconn

namespace latchkey::history {

struct sql_answer {
    enum class kind {
        done,
        refused, ///< an ERROR, or never sent: nothing was committed
        unknown, ///< the connection or the time ended
    } how = kind::unknown;
    std::string error{};
    std::vector<std::vector<std::string>> rows{}; ///< of the last statement
    explicit operator bool() const noexcept { return how == kind::done; }
};

/// One connection, opened when it is needed, closed after anything doubtful. Used on one thread.
class sql {
  public:
    sql(std::string conninfo, std::chrono::milliseconds patience);
    ~sql();
    sql(const sql&) = delete;
    sql& operator=(const sql&) = delete;

    /// Several statements are one transaction.
    sql_answer ask(const std::string& statements);
    /// The same, but throws what the server says unless it is done.
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
