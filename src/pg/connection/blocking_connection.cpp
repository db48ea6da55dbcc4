#include "pg/connection/blocking_connection.hpp"

#include "pg/connection/server_version.hpp"

#include <latchkey/pg/connection/connect_options.hpp>

#include <poll.h>

#include <cerrno>
#include <iterator>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

// The settings keep names from being looked up in other schemas. The old service must not wait
// behind a lock that this session waits for. A table under row-level security is an error, not an
// empty table.
constexpr const char* settings =
    "set search_path = pg_catalog, pg_temp; set lock_timeout = '40ms';"
    "set client_min_messages = warning; set row_security = off; set statement_timeout = 0;"
    "set idle_in_transaction_session_timeout = 0; set default_transaction_read_only = off;"
    "set default_transaction_isolation = 'read committed'; set standard_conforming_strings = on;"
    "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';"
    "set bytea_output = 'hex'";

constexpr std::chrono::seconds first_answer_wait{10};
constexpr const char* no_first_answer =
    "the database took the connection and then did not answer within 10 s; a pooler in session "
    "mode "
    "(PgBouncer: pool_size) has to have connections to spare for latchkey migrate: two of them";

} // namespace

result_ptr answer_within(PGconn& pg, const char* sql, std::chrono::milliseconds time) {
    const auto until = core::steady_now() + time;
    if (PQsendQuery(&pg, sql) != 1) return nullptr;
    for (result_ptr last;;) {
        while (PQisBusy(&pg) == 1) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(until - core::steady_now());
            pollfd socket{PQsocket(&pg), POLLIN, 0};
            if (left.count() <= 0 || PQflush(&pg) < 0) return nullptr;
            const int ready = ::poll(&socket, 1, static_cast<int>(left.count()));
            if (ready < 0 && errno != EINTR) return nullptr;
            if (ready > 0 && PQconsumeInput(&pg) == 0) return nullptr;
        }
        result_ptr next(PQgetResult(&pg));
        if (!next) return last;
        // The first error tells the cause.
        if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
    }
}

failure failure_of(PGconn& pg) {
    return {failure_kind::unavailable, trimmed(PQerrorMessage(&pg))};
}

core::result<connection_ptr> connect_and_wait(const configuration& database,
                                              const char* application) {
    // Parsed first: libpq's own message would quote a URI that it cannot parse.
    auto options = connect_options::parse(database.uri.reveal(), database.secrets);
    if (!options) return options.error();
    auto arguments = options->with_names();
    const auto set = [&](const char* keyword, const char* value) {
        arguments.keywords.insert(std::prev(arguments.keywords.end()), keyword);
        arguments.values.insert(std::prev(arguments.values.end()), value);
    };
    set("fallback_application_name", application);
    set("connect_timeout", "10");
    connection_ptr pg(PQconnectdbParams(arguments.keywords.data(), arguments.values.data(), 0));
    if (!pg || PQstatus(pg.get()) != CONNECTION_OK)
        return failure{failure_kind::unavailable,
                       "the database is not reachable: " + trimmed(PQerrorMessage(pg.get()))};
    if (const auto problem = server_too_old(PQserverVersion(pg.get())))
        return failure{failure_kind::unavailable, *problem};
    const auto done = answer_within(*pg, settings, first_answer_wait);
    if (!done && PQstatus(pg.get()) == CONNECTION_OK)
        return failure{failure_kind::unavailable, no_first_answer};
    if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) return failure_of(*pg);
    return pg;
}

} // namespace latchkey::pg
