#pragma once
// Query text about the session and the database that it has reached.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

// Every name has its schema, since search_path cannot be trusted before the settings are made.

/// System identifier, database and timeline. The timeline is not the control file's, which lags
/// behind a promotion. Fails on a standby.
inline constexpr char place_text[] =
    "pg_catalog.concat("
    "(select c.system_identifier from pg_catalog.pg_control_system() as c), '/',"
    " (select d.oid from pg_catalog.pg_database as d"
    " where d.datname operator(pg_catalog.=) pg_catalog.current_database()), '/',"
    " pg_catalog.substr("
    "pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8))";

/// The era includes the row's table and the transaction that wrote it, so that a restored copy of
/// the row is another era. Returns no row if no era has begun since a crash or a promotion.
inline constexpr char era_text[] =
    "select pg_catalog.concat(e.id, '.', e.tableoid, '.', e.xmin) as era from latchkey.era as e";

/// When the server started: whatever was put in its place since did not happen while it ran.
inline constexpr char started_text[] =
    "pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::pg_catalog.text";

inline constexpr char set_all_text[] =
    "select s.pooled,"
    " pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', s.pooled),"
    " pg_catalog.set_config('client_encoding', 'UTF8', s.pooled),"
    " pg_catalog.set_config('row_security', 'off', s.pooled),"
    " pg_catalog.set_config('default_transaction_isolation', 'read committed', s.pooled),"
    " pg_catalog.set_config('default_transaction_read_only', 'off', s.pooled),"
    " pg_catalog.set_config('statement_timeout', $1, s.pooled),"
    " pg_catalog.set_config('timezone', 'UTC', s.pooled),"
    " pg_catalog.set_config('datestyle', 'ISO, YMD', s.pooled),"
    " pg_catalog.set_config('intervalstyle', 'postgres', s.pooled),"
    " pg_catalog.set_config('bytea_output', 'hex', s.pooled),"
    " pg_catalog.set_config('extra_float_digits', '1', s.pooled),"
    " pg_catalog.set_config('array_nulls', 'on', s.pooled),"
    " pg_catalog.set_config('standard_conforming_strings', 'on', s.pooled),"
    " pg_catalog.set_config('client_connection_check_interval', '1s', s.pooled),"
    " pg_catalog.set_config('jit', 'off', s.pooled)";
inline constexpr char of_backend_text[] =
    " from (select $2::pg_catalog.int4 operator(pg_catalog.<>) pg_catalog.pg_backend_pid())"
    " as s (pooled)";

inline constexpr auto session_settings_text = joined(set_all_text, of_backend_text);
inline constexpr auto transaction_settings_text =
    joined(set_all_text, ", ", place_text, ", (", era_text, "), ", started_text, of_backend_text);
inline constexpr auto read_identity_text =
    joined("select pg_catalog.pg_is_in_recovery(), case when not pg_catalog.pg_is_in_recovery()"
           " then ",
           place_text, " end, (", era_text, "), ", started_text);

/// Sets every session up the same, whatever its role, its database or the client's environment say.
/// Names have the meaning of PostgreSQL's own catalogue; text and times have one form; a role under
/// row-level security gets an error instead of "no rows"; an abandoned backend notices it. JIT is
/// off: bounds that are seldom reached make estimates high enough for it, and compiling alone would
/// outlast a poll's deadline.
/// $1: statement_timeout in milliseconds; $2: the backend's pid as the client knows it. Returns
/// whether a pooler is between, which is assumed if the pid differs (always for $2 = 0). Then the
/// settings last for the transaction only: the next one may run in another session, and this
/// session may serve another client.
inline constexpr statement session_settings{"session_settings", session_settings_text.text, 2};

/// The same before each query behind a pooler, with $2 = 0. The last three columns are those of
/// read_identity: a pooler may lead each transaction to another server.
inline constexpr statement transaction_settings{"transaction_settings",
                                                transaction_settings_text.text, 2};
inline constexpr int transaction_place_column = 16;

/// Returns whether it is a standby, the place (NULL on a standby), the era (NULL: none has
/// begun), and when the server started.
inline constexpr statement read_identity{"read_identity", read_identity_text.text, 0};

} // namespace latchkey::pg::statements
