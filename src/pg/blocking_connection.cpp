#include "blocking_connection.hpp"

#include <latchkey/pg/connect_options.hpp>
#include <latchkey/pg/server_version.hpp>

#include <iterator>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

// No names in them that could be looked up elsewhere. The old service must not stand still behind a
// lock that we wait for. A table under row-level security is an error, and not an empty one.
constexpr const char* settings =
    "set search_path = pg_catalog, pg_temp; set lock_timeout = '40ms';"
    "set client_min_messages = warning; set row_security = off; set statement_timeout = 0;"
    "set idle_in_transaction_session_timeout = 0; set default_transaction_read_only = off;"
    "set default_transaction_isolation = 'read committed'; set standard_conforming_strings = on;"
    "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';"
    "set bytea_output = 'hex'";

} // namespace

failure failure_of(PGconn& pg) {
    return {failure_kind::unavailable, trimmed(PQerrorMessage(&pg))};
}

core::result<connection_ptr> connect_and_wait(const configuration& database,
                                              const char* application) {
    // A URI that cannot be parsed must not be quoted by libpq's own message.
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
    const result_ptr done(PQexec(pg.get(), settings));
    if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) return failure_of(*pg);
    return pg;
}

} // namespace latchkey::pg
