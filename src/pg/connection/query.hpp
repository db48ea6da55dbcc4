#pragma once
// One query on its way through a pipeline. Its caller owns it, and is told exactly once how it
// ended.

#include "pg/connection/statement.hpp"

#include <latchkey/core/clock.hpp>

#include <string>
#include <string_view>
#include <vector>

struct pg_result; // libpq's PGresult

namespace latchkey::pg {

/// A parameter as libpq takes it: text unless `binary`.
struct parameter {
    const char* value = nullptr; ///< null pointer: SQL NULL
    int length = 0;
    bool binary = false;
};

/// Why a query has no rows. `sqlstate` is empty when the connection failed, not the server.
struct query_failure {
    std::string_view sqlstate;
    std::string_view message;
    std::string_view hint{}; ///< if a right is missing, what follows the message (right_hint)
};

/// Lives on its connection's thread.
class query {
  public:
    const statement* what = nullptr;
    std::vector<parameter> parameters;
    /// If set, a statement that goes first, in the same transaction. If it fails, the query fails.
    const statement* before = nullptr;
    std::vector<parameter> before_parameters{};
    core::steady_time sent_at{};
    /// It has succeeded only once its transaction is committed, and fails with the commit's error.
    bool until_commit = false;

    /// The rows of `before`.
    virtual void before_succeeded(const pg_result&) {}
    /// The rows, in binary format. They are valid only during the call.
    virtual void succeeded(const pg_result&) = 0;
    virtual void failed(const query_failure&) = 0;

  protected:
    ~query() = default;
};

} // namespace latchkey::pg
