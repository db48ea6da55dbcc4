#include "pg/legacy/legacy_record.hpp"

#include "pg/connection/result_text.hpp"
#include "pg/legacy/legacy_statements.hpp"

#include <algorithm>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

constexpr const char* tables_there = "select to_regclass('latchkey.legacy_names') is not null,"
                                     " to_regclass('latchkey.schema_migrations') is not null,"
                                     " to_regclass('latchkey.schema_steps') is not null";
constexpr const char* has_migrations = "select exists (select from latchkey.schema_migrations)";
constexpr const char* has_steps = "select exists (select from latchkey.schema_steps)";

// $1: schema, $2: table, $3 and $4: those of the organizations. One row for each column, or one
// without a name if the table has none.
constexpr const char* list_columns =
    "select a.attname, coalesce((with recursive d (oid) as (select a.atttypid"
    " union all select b.typbasetype from d join pg_type b on b.oid = d.oid where b.typtype = 'd')"
    " select format_type(b.oid, null) from d join pg_type b on b.oid = d.oid"
    " where b.typtype <> 'd'), ''),"
    " exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary"
    " and i.indnkeyatts = 1 and i.indkey[0] = a.attnum),"
    " exists (select from pg_constraint k join pg_class o on o.oid = k.confrelid"
    " join pg_namespace s on s.oid = o.relnamespace where k.conrelid = c.oid and k.contype = 'f'"
    " and k.conkey = array[a.attnum] and s.nspname = $3 and o.relname = $4)"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    " where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')"
    " order by a.attnum";

// All rows are written together, so that a reader sees all names or none. Any role that may use the
// schema may read the old tables' names.
constexpr const char* make_table =
    "create table if not exists latchkey.legacy_names ("
    " setting text primary key, taken text not null);"
    "comment on table latchkey.legacy_names is"
    " 'what the older service calls its tables and columns, by the keys of [database.legacy]';"
    "grant select on latchkey.legacy_names to public";
constexpr const char* note =
    "with given as (select * from unnest($1::text[], $2::text[]) as g (setting, taken))"
    " insert into latchkey.legacy_names as n (setting, taken) select * from given"
    " on conflict (setting) do update set taken = excluded.taken where n.taken <> excluded.taken";

core::result<bool> ask(watched_session& session, const char* question) {
    const auto rows = session.run(question);
    if (!rows) return rows.error().why;
    return is_true(**rows, 0, 0);
}

core::result<legacy_table> read_table(watched_session& session, const table_name& table,
                                      const table_name& organizations) {
    const std::string values[] = {table.schema, table.table, organizations.schema,
                                  organizations.table};
    const auto rows = session.run(list_columns, values);
    if (!rows) return rows.error().why;
    if (PQntuples(rows->get()) == 0) return legacy_table();
    std::vector<legacy_column> columns;
    for (int row = 0; row < PQntuples(rows->get()); ++row) {
        if (PQgetisnull(rows->get(), row, 0) == 1) continue;
        columns.push_back({PQgetvalue(rows->get(), row, 0), PQgetvalue(rows->get(), row, 1),
                           is_true(**rows, row, 2), is_true(**rows, row, 3)});
    }
    return legacy_table(std::move(columns));
}

table_name table_of(const std::string& configured, std::string legacy_names::*field) {
    return table_name_of(configured.empty() ? legacy_names::usual().*field : configured);
}

core::result<legacy_names> find(watched_session& session, const legacy_names& configured) {
    const auto organizations = table_of(configured.organizations, &legacy_names::organizations);
    const auto devices = table_of(configured.devices, &legacy_names::devices);
    const auto of_organizations = read_table(session, organizations, organizations);
    if (!of_organizations) return of_organizations.error();
    const auto of_devices = read_table(session, devices, organizations);
    if (!of_devices) return of_devices.error();
    return find_legacy_names(configured, *of_organizations, *of_devices);
}

// Returns whether any step of a migration is done, by this release or by another.
core::result<bool> is_begun(watched_session& session, bool has_migrations_table,
                            bool has_steps_table) {
    if (has_migrations_table) {
        const auto some = ask(session, has_migrations);
        if (!some || *some) return some;
    }
    return has_steps_table ? ask(session, has_steps) : core::result<bool>(false);
}

core::result<legacy_names> fitting(const legacy_names& configured, legacy_names noted) {
    if (const auto conflict = legacy_conflict(configured, noted))
        return failure{failure_kind::invalid, *conflict};
    return noted;
}

std::string array_of(const std::vector<std::string>& values) {
    std::string out = "{";
    for (const auto& value : values)
        out += (out.size() > 1 ? ",\"" : "\"") + value + '"';
    return out + '}';
}

} // namespace

std::optional<legacy_names> read_legacy_names(const pg_result& rows) {
    legacy_names out;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        const auto key = text_at(rows, row, 0);
        const auto name = std::ranges::find(all_legacy_names, key, &legacy_name::key);
        if (name != all_legacy_names.end()) out.*name->field = std::string(text_at(rows, row, 1));
    }
    for (const auto& name : all_legacy_names) {
        const auto& taken = out.*name.field;
        const bool is_table =
            name.field == &legacy_names::organizations || name.field == &legacy_names::devices;
        if (!(is_table ? is_table_name(taken) : is_column_name(taken))) return std::nullopt;
    }
    return out;
}

core::result<legacy_names> decide_legacy_names(watched_session& session,
                                               const legacy_names& configured) {
    const auto there = session.run(tables_there);
    if (!there) return there.error().why;
    const auto begun = is_begun(session, is_true(**there, 0, 1), is_true(**there, 0, 2));
    if (!begun) return begun.error();
    if (!*begun) return find(session, configured);
    if (is_true(**there, 0, 0)) {
        const auto rows = session.run(statements::read_legacy_names.text);
        if (!rows) return rows.error().why;
        if (auto noted = read_legacy_names(**rows)) return fitting(configured, *std::move(noted));
        if (PQntuples(rows->get()) > 0)
            return failure{failure_kind::conflict,
                           "latchkey.legacy_names cannot be read as a whole; nothing was done. "
                           "Restore it from a backup"};
    }
    // Earlier releases knew only the usual names.
    const auto found = find(session, {});
    if (found && *found == legacy_names::usual()) return fitting(configured, *found);
    return failure{failure_kind::conflict,
                   "this database was migrated before, and latchkey.legacy_names, which says what "
                   "its tables are called, is gone; nothing was done. Restore it from a backup"};
}

core::result<void> note_legacy_names(watched_session& session, const legacy_names& names) {
    std::vector<std::string> settings, taken;
    for (const auto& name : all_legacy_names) {
        settings.emplace_back(name.key);
        taken.push_back(names.*name.field);
    }
    if (auto made = session.run(make_table); !made) return made.error().why;
    const std::string values[] = {array_of(settings), array_of(taken)};
    if (auto noted = session.run(note, values); !noted) return noted.error().why;
    return {};
}

} // namespace latchkey::pg
