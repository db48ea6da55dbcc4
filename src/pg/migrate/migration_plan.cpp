#include <latchkey/pg/migrate/migration_plan.hpp>

#include "pg/connection/result_text.hpp"
#include "pg/legacy/legacy_record.hpp"
#include "pg/legacy/legacy_shape.hpp"
#include "pg/migrate/bare_secrets.hpp"
#include "pg/migrate/migration_record.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

// Rows a second. Two cores on which ten others computed did 230 organizations a second in batches
// (100,000 with a key each), and 160,000 rows a second of an index. A machine that is merely busy
// does more, so these err on the long side. They are for a person who wants to know whether it
// takes seconds or an hour.
constexpr std::uint64_t batch_rate = 500;
constexpr std::uint64_t index_rate = 100'000;
constexpr core::milliseconds each_step{20};

constexpr const char* is_recorded = "select to_regclass('latchkey.schema_migrations') is not null,"
                                    " to_regclass('latchkey.schema_steps') is not null";
constexpr const char* list_applied =
    "select version, name, checksum from latchkey.schema_migrations order by version";
// $1: the table. Of what was never analysed only the size is known: a row takes 100 bytes or more.
constexpr const char* estimate_rows =
    "select coalesce(sum(case when c.reltuples < 0 then pg_relation_size(c.oid) / 100"
    " else c.reltuples end), 0)::bigint,"
    " coalesce(bool_or(c.reltuples < 0 and pg_relation_size(c.oid) > 0), false)"
    " from pg_class c where c.relkind = 'r' and (c.oid = to_regclass($1)"
    " or c.oid in (select relid from pg_partition_tree(to_regclass($1))))";
// $1: the index, $2: its table.
constexpr const char* has_index =
    "select exists (select from pg_index i join pg_class x on x.oid = i.indexrelid"
    " where i.indrelid = to_regclass($2) and x.relname = $1 and i.indisvalid)";
// What may not be called is not asked.
constexpr const char* may_ask =
    "select coalesce((select has_function_privilege(p.oid, 'EXECUTE') from pg_proc p"
    " where p.pronamespace = to_regnamespace('latchkey') and p.proname = 'trigger_problem'), "
    "false),"
    " coalesce((select has_function_privilege(p.oid, 'EXECUTE') from pg_proc p"
    " where p.pronamespace = to_regnamespace('latchkey')"
    " and p.proname = 'wrong_audit_triggers'), false)";

std::uint64_t first_number(const result_ptr& rows) {
    std::int64_t n = 0;
    if (PQntuples(rows.get()) > 0) {
        const auto text = text_at(*rows, 0, 0);
        std::from_chars(text.data(), text.data() + text.size(), n);
    }
    return static_cast<std::uint64_t>(std::max<std::int64_t>(n, 0));
}

core::milliseconds time_for(std::uint64_t rows, std::uint64_t rate) {
    return each_step + core::milliseconds(rows * 1000 / rate);
}

class planner {
  public:
    planner(watched_session& session, const configuration& database,
            auth::legacy_device_secret legacy)
        : session_(session), database_(database), legacy_(legacy) {}

    core::result<migration_plan> plan(std::span<const migration> all) {
        auto names = decide_legacy_names(session_, database_.legacy);
        if (!names) return names.error();
        names_ = std::move(*names);
        for (const auto& line : what_is_taken(names_))
            out_.notes.push_back(line);
        const auto note = [&](std::string_view text) { out_.notes.emplace_back(text); };
        if (auto said = judge_bare_secrets(session_.connection(), names_, legacy_, note); !said)
            return said.error();
        if (auto read = read_record(); !read) return read.error();
        for (const auto& m : all)
            if (auto added = add(m); !added) return added.error();
        if (auto looked = look_at_triggers(); !looked) return looked.error();
        return std::move(out_);
    }

  private:
    core::result<void> read_record() {
        const auto there = session_.run(is_recorded);
        if (!there) return there.error().why;
        has_steps_ = is_true(**there, 0, 1);
        if (!is_true(**there, 0, 0)) return {};
        const auto rows = session_.run(list_applied);
        if (!rows) return rows.error().why;
        for (int row = 0; row < PQntuples(rows->get()); ++row)
            applied_.push_back({std::stoi(PQgetvalue(rows->get(), row, 0)),
                                PQgetvalue(rows->get(), row, 1), PQgetvalue(rows->get(), row, 2)});
        return {};
    }

    core::result<void> add(const migration& m) {
        const auto found = std::ranges::find(applied_, m.version, &applied_migration::version);
        if (found != applied_.end()) {
            if (accepts(m, found->checksum)) return {};
            return failure{failure_kind::conflict,
                           "migration " + std::string(m.name) +
                               " was changed after it was applied: migrate would do nothing"};
        }
        const auto steps = steps_of(m);
        if (!steps) return steps.error();
        const auto done = done_steps(m);
        if (!done) return done.error();
        ++out_.migrations;
        for (std::size_t i = 0; i < steps->size(); ++i) {
            if (done->contains(i)) continue;
            auto planned = judged((*steps)[i]);
            planned.migration = m.name;
            planned.name = (*steps)[i].name;
            out_.about += planned.about;
            out_.steps.push_back(std::move(planned));
        }
        if (done->size() >= steps->size())
            out_.steps.push_back({.migration = std::string(m.name),
                                  .name = {},
                                  .what = "records that it was done",
                                  .about = each_step});
        return {};
    }

    core::result<std::set<std::size_t>> done_steps(const migration& m) {
        if (!has_steps_) return std::set<std::size_t>{};
        return list_done_steps(session_, m);
    }

    // migrate sets them right at its end.
    core::result<void> look_at_triggers() {
        const auto may = session_.run(may_ask);
        if (!may) return may.error().why;
        if (!is_true(**may, 0, 0)) return {};
        const auto rows =
            session_.run(is_true(**may, 0, 1) ? "select concat_ws(', ', latchkey.trigger_problem(),"
                                                " latchkey.wrong_audit_triggers())"
                                              : "select latchkey.trigger_problem()");
        if (!rows) return rows.error().why;
        const std::string wrong(text_at(**rows, 0, 0));
        if (wrong.empty()) return {};
        out_.steps.push_back({.migration = {},
                              .name = "triggers",
                              .what = "sets right: " + wrong,
                              .about = each_step});
        out_.about += each_step;
        return {};
    }

    planned_step judged(const migration_step& step) {
        planned_step out;
        switch (step.kind) {
        case step_kind::transaction:
            out.what = "changes the schema in one short transaction";
            out.about = each_step;
            break;
        case step_kind::index:
            judge_index(step, out);
            break;
        case step_kind::batches:
            count(step, out);
            out.what = "works through rows in batches";
            out.about = time_for(out.rows, batch_rate);
            break;
        }
        return out;
    }

    void judge_index(const migration_step& step, planned_step& out) {
        const auto index = index_definition_of(step.sql);
        const auto table =
            index ? names_.apply(index->schema + '.' + index->table) : std::string("a table");
        if (index && will_do(step, *index, table)) {
            out.what = "builds nothing: " + table + " has an index that will do";
            out.about = each_step;
            return;
        }
        if (index) estimate(table, out);
        out.what = "builds an index on " + table + ", beside readers and writers";
        out.about = time_for(out.rows, index_rate);
    }
    // The migration's own question may need what an earlier one makes: then there is none.
    bool will_do(const migration_step& step, const index_definition& index,
                 const std::string& table) {
        if (!step.unless.empty())
            if (const auto rows = session_.run(names_.apply(step.unless)); rows)
                if (is_true(**rows, 0, 0)) return true;
        const std::string values[] = {index.name, table};
        const auto rows = session_.run(has_index, values);
        return rows && is_true(**rows, 0, 0);
    }

    void estimate(const std::string& table, planned_step& out) {
        const std::string values[] = {table};
        const auto rows = session_.run(estimate_rows, values);
        if (!rows) return;
        out.rows = first_number(*rows);
        out.is_guess = is_true(**rows, 0, 1);
    }
    // The migration's own count may need what an earlier one makes. Then the number of
    // organizations has to do, which batches go by.
    void count(const migration_step& step, planned_step& out) {
        if (!step.of.empty())
            if (const auto rows = session_.run(names_.apply(step.of))) {
                out.rows = first_number(*rows);
                return;
            }
        estimate(names_.organizations, out);
    }

    watched_session& session_;
    const configuration& database_;
    auth::legacy_device_secret legacy_;
    legacy_names names_;
    std::vector<applied_migration> applied_;
    bool has_steps_ = false;
    migration_plan out_;
};

} // namespace

core::result<migration_plan> plan_migrations(const configuration& database,
                                             std::span<const migration> all,
                                             auth::legacy_device_secret legacy) {
    auto session = watched_session::connect(database, [](std::string_view) {});
    if (!session) return session.error();
    auto plan = planner(**session, database, legacy).plan(all);
    if (!plan) return with_owner(**session, plan.error());
    return plan;
}

} // namespace latchkey::pg
