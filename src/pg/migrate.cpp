// Applying migrations. Blocking calls: for the command, never for a worker.
#include "bare_secrets.hpp"
#include "mirror_report.hpp"

#include <latchkey/pg/connect_options.hpp>
#include <latchkey/pg/migrations.hpp>

#include <algorithm>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;
using say_function = std::function<void(std::string_view)>;

// "latchkey" in ASCII: one migrator at a time in a database.
constexpr const char* take_lock =
    "select pg_try_advisory_lock(x'6c617463686b6579'::bit(64)::bigint)";
constexpr const char* bookkeeping =
    "create schema if not exists latchkey;"
    "create table if not exists latchkey.schema_migrations ("
    " version integer primary key, name text not null, checksum text not null,"
    " applied_at timestamptz not null default now())";
constexpr const char* list_applied =
    "select version, name, checksum from latchkey.schema_migrations order by version";
constexpr const char* record =
    "insert into latchkey.schema_migrations (version, name, checksum) values ($1, $2, $3)";
// The old service must not stand still behind a lock that we wait for.
constexpr const char* settings =
    "set lock_timeout = '10s'; set client_min_messages = warning; set search_path = pg_catalog";
// What the first mirror could not take, a later one may: what is left is listed at the end.
constexpr std::string_view first_mirrors_warning =
    "WARNING:  an element of organizations.api_keys of organization ";

class migrator {
  public:
    migrator(connection_ptr c, const say_function& say) : pg_(std::move(c)), say_(say) {
        PQsetNoticeProcessor(
            pg_.get(),
            [](void* self, const char* message) {
                auto line = trimmed(message);
                if (!line.starts_with(first_mirrors_warning))
                    static_cast<migrator*>(self)->say_(line);
            },
            this);
    }
    migrator(const migrator&) = delete;
    migrator& operator=(const migrator&) = delete;

    core::result<std::size_t> run(std::span<const migration> all,
                                  auth::legacy_device_secret legacy) {
        if (auto done = execute(settings); !done) return done.error();
        if (auto locked = lock(); !locked) return locked.error();
        if (auto said = judge_bare_secrets(*pg_, legacy, say_); !said) return said.error();
        if (auto done = execute(bookkeeping); !done) return done.error();
        auto applied = read_applied();
        if (!applied) return applied.error();
        for (const auto& m : all)
            if (auto why = changed(m, *applied)) return failure{failure_kind::conflict, *why};
        std::size_t count = 0;
        for (const auto& m : all) {
            if (std::ranges::find(*applied, m.version, &applied_migration::version) !=
                applied->end())
                continue;
            if (auto done = apply(m); !done) return done.error();
            ++count;
        }
        if (auto told = report_mirror(*pg_, say_); !told) return told.error();
        return count;
    }

  private:
    core::result<void> execute(const char* sql) { return check(PQexec(pg_.get(), sql)); }
    core::result<void> check(PGresult* raw) {
        const result_ptr result(raw);
        const auto status = PQresultStatus(result.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
        return failure{failure_kind::unavailable, trimmed(PQerrorMessage(pg_.get()))};
    }

    core::result<void> lock() {
        const result_ptr result(PQexec(pg_.get(), take_lock));
        if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
            return failure{failure_kind::unavailable, trimmed(PQerrorMessage(pg_.get()))};
        if (std::string_view(PQgetvalue(result.get(), 0, 0)) == "t") return {};
        say_("another migration is under way: waiting for it");
        return execute("select pg_advisory_lock(x'6c617463686b6579'::bit(64)::bigint)");
    }

    core::result<std::vector<applied_migration>> read_applied() {
        const result_ptr rows(PQexec(pg_.get(), list_applied));
        if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK)
            return failure{failure_kind::unavailable, trimmed(PQerrorMessage(pg_.get()))};
        std::vector<applied_migration> out;
        for (int row = 0; row < PQntuples(rows.get()); ++row)
            out.push_back({std::stoi(PQgetvalue(rows.get(), row, 0)),
                           PQgetvalue(rows.get(), row, 1), PQgetvalue(rows.get(), row, 2)});
        return out;
    }

    static std::optional<std::string> changed(const migration& m,
                                              const std::vector<applied_migration>& applied) {
        const auto found = std::ranges::find(applied, m.version, &applied_migration::version);
        if (found == applied.end() || found->checksum == checksum_of(m)) return std::nullopt;
        return "migration " + std::string(m.name) +
               " was changed after it was applied; nothing was done. Run the release that belongs "
               "to this database, or restore the migration";
    }

    core::result<void> apply(const migration& m) {
        if (auto begun = execute("begin"); !begun) return begun.error();
        const auto fail = [&](const failure& why) {
            execute("rollback");
            return failure{why.kind, "migration " + std::string(m.name) +
                                         " failed and was rolled back: " + why.message};
        };
        if (auto done = execute(std::string(m.sql).c_str()); !done) return fail(done.error());
        const auto version = std::to_string(m.version);
        const auto name = std::string(m.name);
        const auto checksum = checksum_of(m);
        const char* values[] = {version.c_str(), name.c_str(), checksum.c_str()};
        auto recorded =
            check(PQexecParams(pg_.get(), record, 3, nullptr, values, nullptr, nullptr, 0));
        if (!recorded) return fail(recorded.error());
        if (auto done = execute("commit"); !done) return fail(done.error());
        say_("applied " + name);
        return {};
    }

    connection_ptr pg_;
    const say_function& say_;
};

} // namespace

core::result<std::size_t> migrate(const configuration& settings_of, std::span<const migration> all,
                                  auth::legacy_device_secret legacy, const say_function& say) {
    // A URI that cannot be parsed must not be quoted by libpq's own message.
    if (auto parsed = connect_options::parse(settings_of.uri.reveal()); !parsed)
        return parsed.error();
    const char* keywords[] = {"dbname", "fallback_application_name", "connect_timeout", nullptr};
    const std::string uri(settings_of.uri.reveal());
    const char* values[] = {uri.c_str(), "latchkey migrate", "10", nullptr};
    connection_ptr pg(PQconnectdbParams(keywords, values, 1));
    if (!pg || PQstatus(pg.get()) != CONNECTION_OK)
        return failure{failure_kind::unavailable,
                       "the database is not reachable: " + trimmed(PQerrorMessage(pg.get()))};
    return migrator(std::move(pg), say).run(all, legacy);
}

} // namespace latchkey::pg
