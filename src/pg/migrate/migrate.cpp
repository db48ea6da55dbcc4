// Applies migrations. The calls block: only the command may make them, never a worker.
// step_runner.hpp describes how migrations stay out of the older service's way.
#include "pg/connection/result_text.hpp"
#include "pg/legacy/legacy_record.hpp"
#include "pg/legacy/mirror_report.hpp"
#include "pg/migrate/bare_secrets.hpp"
#include "pg/migrate/batch_run.hpp"
#include "pg/migrate/closed_tables.hpp"
#include "pg/migrate/index_build.hpp"
#include "pg/migrate/migration_lock.hpp"
#include "pg/migrate/migration_record.hpp"
#include "pg/migrate/step_runner.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <algorithm>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

// Comments may hold characters that the database's encoding lacks.
std::string in_ascii(std::string_view sql) {
    std::string out(sql);
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) > 0x7f; }, '?');
    return out;
}

const applied_migration* find(const std::vector<applied_migration>& applied, const migration& m) {
    const auto found = std::ranges::find(applied, m.version, &applied_migration::version);
    return found == applied.end() ? nullptr : &*found;
}

class migrator {
  public:
    migrator(watched_session& session, const legacy_names& configured, const migration_run& how)
        : session_(session),
          configured_(configured),
          how_(how),
          runner_(session, how.lock_wait, how.at) {}

    core::result<std::size_t> run(std::span<const migration> all) {
        if (auto locked = take_migration_lock(session_, how_.say); !locked) return locked.error();
        auto& pg = session_.connection();
        if (auto found = decide_names(); !found) return found.error();
        if (auto said = judge_bare_secrets(pg, names_, how_.legacy, how_.say); !said)
            return said.error();
        const auto applied = read_applied(session_);
        if (!applied) return applied.error();
        if (auto why = changed(all, *applied)) return failure{failure_kind::conflict, *why};
        if (auto noted = note_legacy_names(session_, names_); !noted) return noted.error();
        std::size_t count = 0;
        for (const auto& m : all) {
            if (find(*applied, m)) continue;
            if (auto done = apply(m); !done) return done.error();
            how_.say("applied " + std::string(m.name));
            ++count;
        }
        if (auto forgotten = forget_steps(session_); !forgotten) return forgotten.error();
        if (auto set = set_triggers(); !set) return set.error();
        if (auto told = tell_of_rights(); !told) return told.error();
        if (auto told = report_mirror(pg, how_.say); !told) return told.error();
        return count;
    }

  private:
    core::result<void> decide_names() {
        const auto decided = decide_legacy_names(session_, configured_);
        if (!decided) return decided.error();
        names_ = *decided;
        for (const auto& line : what_is_taken(names_))
            how_.say(line);
        return {};
    }

    static std::optional<std::string> changed(std::span<const migration> all,
                                              const std::vector<applied_migration>& applied) {
        for (const auto& m : all)
            if (const auto* found = find(applied, m); found && !accepts(m, found->checksum))
                return "migration " + std::string(m.name) +
                       " was changed after it was applied; nothing was done. Run the release that "
                       "belongs to this database, or restore the migration";
        return std::nullopt;
    }

    // A table's owner can make its triggers, and what they write to, do more than intended.
    core::result<void> tell_of_rights() {
        const auto rows = session_.run(
            "select distinct o.rolname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
            " join pg_roles o on o.oid = c.relowner cross join pg_roles me"
            " where t.tgname = 'latchkey_row_change' and not o.rolsuper"
            " and me.rolname = current_user and me.rolsuper");
        if (!rows) return rows.error().why;
        for (int row = 0; row < PQntuples(rows->get()); ++row)
            how_.say("note: the triggers on the tables of \"" +
                     std::string(PQgetvalue(rows->get(), row, 0)) +
                     "\" act with a superuser's rights, since one migrated; that role could use "
                     "them: let it own schema latchkey and run migrate");
        return {};
    }

    // Triggers may have been dropped or switched off, and partitions may have come or gone.
    core::result<void> set_triggers() {
        const auto is_there = session_.run("select to_regproc('latchkey.trigger_problem'),"
                                           " to_regproc('latchkey.wrong_audit_triggers')");
        if (!is_there) return is_there.error().why;
        if (PQgetisnull(is_there->get(), 0, 0) != 0) return {};
        const bool has_trail = PQgetisnull(is_there->get(), 0, 1) == 0;
        const auto* ask = has_trail ? "select concat_ws(', ', latchkey.trigger_problem(),"
                                      " latchkey.wrong_audit_triggers())"
                                    : "select latchkey.trigger_problem()";
        std::string wrong;
        auto asked = runner_.patiently("looking at the triggers", [&] {
            auto rows = session_.run(ask);
            if (rows) wrong = PQgetvalue(rows->get(), 0, 0);
            return rows;
        });
        if (!asked || wrong.empty()) return asked;
        how_.say("sets right: " + wrong);
        return runner_.patiently("setting the triggers right", [&] {
            return runner_.in_transaction([&] {
                return session_.run("select latchkey.follow_partitions(), latchkey.set_triggers()");
            });
        });
    }

    core::result<void> apply(const migration& m) {
        const auto steps = steps_of(m);
        if (!steps) return steps.error();
        const auto done = read_done_steps(session_, m);
        if (!done) return done.error();
        if (done->size() >= steps->size())
            return runner_.patiently("migration " + std::string(m.name), [&] {
                return runner_.in_transaction(
                    [&] { return note_step(session_, m, steps->size() - 1, true); });
            });
        for (std::size_t i = 0; i < steps->size(); ++i) {
            if (done->contains(i)) continue;
            const auto step = named((*steps)[i]);
            auto what = "migration " + std::string(m.name);
            if (!step.name.empty()) what += " (" + step.name + ")";
            runner_.reached(what + ", begins");
            const auto note = [&] { return note_step(session_, m, i, i + 1 == steps->size()); };
            if (auto ended = perform(step, what, note); !ended) return ended;
            runner_.reached(what + ", done");
        }
        return {};
    }

    // Puts in this database's names. An index's statement is parsed before, and named by its parts.
    migration_step named(migration_step step) const {
        if (step.kind != step_kind::index) step.sql = names_.apply(in_ascii(step.sql));
        step.unless = names_.apply(step.unless);
        step.of = names_.apply(step.of);
        return step;
    }
    index_definition index_of(const migration_step& step) const {
        auto index = *index_definition_of(step.sql);
        for (const auto& name : all_legacy_names)
            if (index.schema + '.' + index.table == name.usual) {
                const auto table = table_name_of(names_.*name.field);
                index.schema = table.schema;
                index.table = table.table;
                break;
            }
        index.rest = names_.apply(index.rest);
        return index;
    }

    using note_function = std::function<step_runner::outcome()>;

    core::result<void> perform(const migration_step& step, const std::string& what,
                               const note_function& note) {
        switch (step.kind) {
        case step_kind::transaction:
            return runner_.patiently(what, [&] {
                return runner_.in_transaction([&] { return change(step.sql, note); });
            });
        case step_kind::index:
            if (auto built = build(step, what); !built) return built;
            break;
        case step_kind::batches:
            if (auto done = run_batches(runner_, what, step, how_.show); !done) return done;
            break;
        }
        runner_.reached(what + ", not noted");
        return runner_.patiently(what, [&] { return runner_.in_transaction(note); });
    }

    // Must run in a transaction.
    step_runner::outcome change(const std::string& sql, const note_function& note) {
        auto& pg = session_.connection();
        const auto absent = absent_tables(pg, names_);
        if (!absent) return statement_failure{absent.error()};
        if (auto done = session_.run(sql); !done) return done;
        if (auto closed = close_tables(pg, names_, *absent, how_.say); !closed)
            return statement_failure{closed.error()};
        return note();
    }

    core::result<void> build(const migration_step& step, const std::string& what) {
        if (!step.unless.empty()) {
            const auto rows = session_.run(step.unless);
            if (!rows) return rows.error().why;
            if (is_true(**rows, 0, 0)) return {};
        }
        return build_index(runner_, what, index_of(step));
    }

    watched_session& session_;
    const legacy_names& configured_;
    legacy_names names_;
    const migration_run& how_;
    step_runner runner_;
};

} // namespace

core::result<std::size_t> migrate(const configuration& settings_of, std::span<const migration> all,
                                  const migration_run& how) {
    auto session = watched_session::connect(settings_of, how.say);
    if (!session) return session.error();
    auto applied = migrator(**session, settings_of.legacy, how).run(all);
    if (!applied) return with_owner(**session, applied.error());
    return applied;
}

core::result<std::size_t> migrate(const configuration& settings_of, std::span<const migration> all,
                                  auth::legacy_device_secret legacy,
                                  const std::function<void(std::string_view)>& say) {
    return migrate(settings_of, all, migration_run{.legacy = legacy, .say = say});
}

} // namespace latchkey::pg
