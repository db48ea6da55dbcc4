// Applying migrations. Blocking calls: for the command, never for a worker.
#include "bare_secrets.hpp"
#include "blocking_connection.hpp"
#include "closed_tables.hpp"
#include "mirror_report.hpp"

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
// What the first mirror could not take, a later one may: what is left is listed at the end.
constexpr std::string_view first_mirrors_warning =
    "WARNING:  an element of organizations.api_keys of organization ";

// Comments may hold characters that the database's encoding lacks.
std::string in_ascii(std::string_view sql) {
    std::string out(sql);
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) > 0x7f; }, '?');
    return out;
}

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
        return failure_of(*pg_);
    }

    core::result<void> lock() {
        const result_ptr result(PQexec(pg_.get(), take_lock));
        if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return failure_of(*pg_);
        if (std::string_view(PQgetvalue(result.get(), 0, 0)) == "t") return {};
        say_("another migration is under way: waiting for it");
        return execute("select pg_advisory_lock(x'6c617463686b6579'::bit(64)::bigint)");
    }

    core::result<std::vector<applied_migration>> read_applied() {
        const result_ptr rows(PQexec(pg_.get(), list_applied));
        if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure_of(*pg_);
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
        if (auto begun = execute(begin_transaction); !begun) return begun.error();
        const auto fail = [&](const failure& why) {
            execute("rollback");
            return failure{why.kind, "migration " + std::string(m.name) +
                                         " failed and was rolled back: " + why.message};
        };
        const auto absent = absent_tables(*pg_);
        if (!absent) return fail(absent.error());
        if (auto done = execute(in_ascii(m.sql).c_str()); !done) return fail(done.error());
        if (auto done = close_tables(*pg_, *absent, say_); !done) return fail(done.error());
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
    auto pg = connect_and_wait(settings_of, "latchkey migrate");
    if (!pg) return pg.error();
    return migrator(std::move(*pg), say).run(all, legacy);
}

} // namespace latchkey::pg
