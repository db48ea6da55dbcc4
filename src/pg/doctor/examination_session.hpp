#pragma once
// A connection that asks one question after the other, each in a transaction of its own, and never
// waits for longer than it was told to.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>
#include <latchkey/pg/doctor/database_facts.hpp>

#include <string>

namespace latchkey::pg {

class examination_session {
  public:
    explicit examination_session(const examination& terms) : terms_(terms) {}

    core::result<void> connect(const configuration&);
    /// Returns the rows, in binary format with `binary`. Fails with the server's sentence.
    core::result<result_ptr> ask(const std::string& sql, bool binary = false);

    PGconn& pg() { return *pg_; }

  private:
    void tell_lineage();
    enum class direction { read, write };
    bool wait(direction, core::steady_time until);
    /// Returns null if the answer does not come in time.
    result_ptr answer(core::steady_time until);
    core::result<result_ptr> run(const char* sql, bool binary);

    const examination& terms_;
    connection_ptr pg_;
};

} // namespace latchkey::pg
