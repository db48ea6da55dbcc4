#include "pg/migrate/migration_record.hpp"

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

constexpr const char* make_tables =
    "create schema if not exists latchkey;"
    "create table if not exists latchkey.schema_migrations ("
    " version integer primary key, name text not null, checksum text not null,"
    " applied_at timestamptz not null default now())";
constexpr const char* make_steps =
    "create table if not exists latchkey.schema_steps ("
    " version integer not null, step integer not null, checksum text not null,"
    " done_at timestamptz not null default now(), primary key (version, step))";
constexpr const char* list_applied =
    "select version, name, checksum from latchkey.schema_migrations order by version";
constexpr const char* list_steps =
    "select step, checksum from latchkey.schema_steps where version = $1";
constexpr const char* add_step =
    "insert into latchkey.schema_steps (version, step, checksum) values ($1, $2, $3)";
constexpr const char* drop_steps = "delete from latchkey.schema_steps where version = $1";
constexpr const char* add_migration =
    "insert into latchkey.schema_migrations (version, name, checksum) values ($1, $2, $3)";

} // namespace

core::result<std::vector<applied_migration>> read_applied(watched_session& session) {
    if (auto made = session.run(make_tables); !made) return made.error().why;
    const auto rows = session.run(list_applied);
    if (!rows) return rows.error().why;
    std::vector<applied_migration> out;
    for (int row = 0; row < PQntuples(rows->get()); ++row)
        out.push_back({std::stoi(PQgetvalue(rows->get(), row, 0)), PQgetvalue(rows->get(), row, 1),
                       PQgetvalue(rows->get(), row, 2)});
    return out;
}

core::result<std::set<std::size_t>> read_done_steps(watched_session& session, const migration& m) {
    if (auto made = session.run(make_steps); !made) return made.error().why;
    return list_done_steps(session, m);
}

core::result<std::set<std::size_t>> list_done_steps(watched_session& session, const migration& m) {
    const std::string values[] = {std::to_string(m.version)};
    const auto rows = session.run(list_steps, values);
    if (!rows) return rows.error().why;
    std::set<std::size_t> out;
    const auto checksum = checksum_of(m);
    for (int row = 0; row < PQntuples(rows->get()); ++row) {
        if (PQgetvalue(rows->get(), row, 1) != checksum)
            return failure{failure_kind::conflict,
                           "migration " + std::string(m.name) +
                               " was begun by a release with another text of it; nothing was "
                               "done. Run latchkey migrate of that release first"};
        out.insert(std::stoul(PQgetvalue(rows->get(), row, 0)));
    }
    return out;
}

boost::system::result<result_ptr, statement_failure>
note_step(watched_session& session, const migration& m, std::size_t step, bool is_last) {
    const auto version = std::to_string(m.version);
    const std::string of_step[] = {version, std::to_string(step), checksum_of(m)};
    if (!is_last) return session.run(add_step, of_step);
    const std::string of_version[] = {version};
    if (auto dropped = session.run(drop_steps, of_version); !dropped) return dropped;
    const std::string whole[] = {version, std::string(m.name), checksum_of(m)};
    return session.run(add_migration, whole);
}

core::failure with_owner(watched_session& session, core::failure why) {
    if (why.kind != failure_kind::unavailable) return why;
    const auto rows =
        session.run("select nspowner::regrole, not pg_has_role(nspowner, 'USAGE') from pg_namespace"
                    " where nspname = 'latchkey'");
    if (rows && PQntuples(rows->get()) == 1 && PQgetvalue(rows->get(), 0, 1)[0] == 't')
        why.message +=
            std::string("; let ") + PQgetvalue(rows->get(), 0, 0) +
            " do it, which owns the schema, or latchkey setup schema where PostgreSQL is "
            "on this machine";
    return why;
}

core::result<void> forget_steps(watched_session& session) {
    auto dropped = session.run("drop table if exists latchkey.schema_steps");
    if (!dropped) return dropped.error().why;
    return {};
}

} // namespace latchkey::pg
