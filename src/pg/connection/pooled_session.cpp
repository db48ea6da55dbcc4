#include "pg/connection/pooled_session.hpp"

#include <latchkey/pg/connection/connect_options.hpp>

#include <chrono>
#include <iterator>
#include <string>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

constexpr const char* ask_backend = "select pg_catalog.pg_backend_pid()";
constexpr const char* begin_and_ask_backend = "begin; select pg_catalog.pg_backend_pid()";
// An idle pooler gives the second connection the first one's backend at once. Between other
// clients' transactions that may take a few rounds.
constexpr int rounds = 8;
constexpr std::chrono::seconds answer_wait{5};

failure transaction_mode() {
    return {
        failure_kind::unavailable,
        "a pooler in transaction mode is between: each transaction may be another session's, so "
        "that neither a migration's lock nor its settings hold. Give latchkey migrate a direct "
        "connection to the database, or a pool in session mode (PgBouncer: pool_mode = session)"};
}

failure no_second_connection() {
    return {failure_kind::unavailable,
            "the pooler has no second connection for latchkey migrate within " +
                std::to_string(answer_wait.count()) +
                " s: give it a direct connection to the database, or raise pool_size of PgBouncer"};
}

// Returns an empty text if no answer comes in time.
std::string backend_of(PGconn& pg, const char* question = ask_backend) {
    const auto rows = answer_within(pg, question, answer_wait);
    return PQresultStatus(rows.get()) == PGRES_TUPLES_OK ? PQgetvalue(rows.get(), 0, 0) : "";
}

// Only logs in and asks nothing: a pooler may have no server to answer.
core::result<connection_ptr> connect_again(const configuration& database) {
    auto options = connect_options::parse(database.uri.reveal(), database.secrets);
    if (!options) return options.error();
    auto arguments = options->with_names();
    arguments.keywords.insert(std::prev(arguments.keywords.end()), "connect_timeout");
    arguments.values.insert(std::prev(arguments.values.end()), "5");
    connection_ptr pg(PQconnectdbParams(arguments.keywords.data(), arguments.values.data(), 0));
    if (!pg || PQstatus(pg.get()) != CONNECTION_OK) return no_second_connection();
    return pg;
}

} // namespace

core::result<void> require_session(const configuration& database, PGconn& first) {
    const auto own = backend_of(first);
    if (own.empty()) return failure_of(first);
    if (own == std::to_string(PQbackendPID(&first))) return {};
    const auto second = connect_again(database);
    if (!second) return second.error();
    for (int i = 0; i < rounds; ++i) {
        // The second connection keeps its backend, so the first must get another one or have its
        // own.
        const auto other = backend_of(**second, begin_and_ask_backend);
        if (other.empty()) return no_second_connection();
        if (other == own || backend_of(first) != own) return transaction_mode();
        const result_ptr ended(PQexec(second->get(), "rollback"));
    }
    return {};
}

} // namespace latchkey::pg
