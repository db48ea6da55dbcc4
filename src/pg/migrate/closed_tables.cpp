#include "pg/migrate/closed_tables.hpp"

#include "pg/connection/blocking_connection.hpp"

#include <algorithm>
#include <string>

namespace latchkey::pg {

namespace {

constexpr const char* is_there = "select to_regclass($1) is not null";
// $1: the table. Returns the roles that are closed out, and those that keep their rights; NULL if
// none.
constexpr const char* roles =
    "select (select string_agg(quote_ident(rolname), ', ' order by rolname) from pg_roles"
    " where rolname in ('anon', 'authenticated')),"
    " (select string_agg(distinct quote_ident(r.rolname), ', ')"
    " from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee"
    " where c.oid = $1::regclass and a.grantee <> c.relowner"
    " and r.rolname not in ('anon', 'authenticated'))";

core::result<result_ptr> ask(PGconn& pg, const char* question, const std::string& table) {
    const auto quoted = table_name_of(table).quoted();
    const char* values[] = {quoted.c_str()};
    result_ptr rows(PQexecParams(&pg, question, 1, nullptr, values, nullptr, nullptr, 0));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    return rows;
}

core::result<void> close_table(PGconn& pg, const std::string& table,
                               const std::function<void(std::string_view)>& say) {
    const auto rows = ask(pg, roles, table);
    if (!rows) return rows.error();
    if (PQgetisnull(rows->get(), 0, 0)) return {};
    const std::string closed = PQgetvalue(rows->get(), 0, 0);
    const auto quoted = table_name_of(table).quoted();
    std::string commands = "revoke all on table " + quoted + " from public, " + closed +
                           "; alter table " + quoted + " enable row level security;";
    if (!PQgetisnull(rows->get(), 0, 1))
        commands += "create policy latchkey_granted on " + quoted + " to " +
                    PQgetvalue(rows->get(), 0, 1) + " using (true) with check (true)";
    const result_ptr done(PQexec(&pg, commands.c_str()));
    if (PQresultStatus(done.get()) != PGRES_COMMAND_OK) return failure_of(pg);
    say(table + " is new, and closed to " + closed + ": row-level security is on");
    return {};
}

} // namespace

core::result<std::vector<std::string>> absent_tables(PGconn& pg, const legacy_names& names) {
    std::vector<std::string> absent;
    for (const auto& table : {names.organizations, names.devices}) {
        const auto rows = ask(pg, is_there, table);
        if (!rows) return rows.error();
        if (std::string_view(PQgetvalue(rows->get(), 0, 0)) != "t") absent.push_back(table);
    }
    return absent;
}

core::result<void> close_tables(PGconn& pg, const legacy_names& names,
                                const std::vector<std::string>& absent,
                                const std::function<void(std::string_view)>& say) {
    if (absent.empty()) return {};
    const auto still = absent_tables(pg, names);
    if (!still) return still.error();
    for (const auto& table : absent) {
        if (std::ranges::find(*still, table) != still->end()) continue;
        if (auto closed = close_table(pg, table, say); !closed) return closed;
    }
    return {};
}

} // namespace latchkey::pg
