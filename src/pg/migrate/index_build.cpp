#include "pg/migrate/index_build.hpp"

#include <optional>
#include <vector>

namespace latchkey::pg {

namespace {

// $1: schema, $2: table, $3: the index's name. One row each for the table and its partitions on all
// levels: the table's name; whether it has partitions; the index's name on it; the name of the
// index above, or NULL; whether the index exists; whether it is valid; whether one is attached to
// the index above.
constexpr const char* tables =
    "with recursive tree as ("
    " select c.oid, c.relkind, n.nspname::text collate \"default\", c.relname, 0 as level, "
    "$3::text as index_name,"
    " null::text as above"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = $1 and c.relname = $2"
    " union all"
    " select c.oid, c.relkind, n.nspname::text collate \"default\", c.relname, t.level + 1,"
    " substr($3, 1, 48) || '_' || c.oid, format('%I.%I', t.nspname, t.index_name)"
    " from tree t join pg_inherits h on h.inhparent = t.oid and t.relkind = 'p'"
    " join pg_class c on c.oid = h.inhrelid and c.relkind in ('r', 'p')"
    " join pg_namespace n on n.oid = c.relnamespace)"
    " select format('%I.%I', t.nspname, t.relname), t.relkind = 'p', quote_ident(t.index_name),"
    " format('%I.%I', t.nspname, t.index_name), t.above, i.indexrelid is not null,"
    " coalesce(i.indisvalid, false), exists (select from pg_inherits a"
    " join pg_index p on p.indexrelid = a.inhrelid"
    " where a.inhparent = to_regclass(t.above) and p.indrelid = t.oid)"
    " from tree t left join (pg_index i join pg_class x on x.oid = i.indexrelid)"
    " on i.indrelid = t.oid and x.relname = t.index_name"
    " order by t.level, t.oid";

struct place {
    std::string table;
    bool has_partitions;
    std::string index;     ///< without its schema
    std::string qualified; ///< with its schema
    std::optional<std::string> above;
    bool exists, valid, attached;
};

core::result<std::vector<place>> places_of(step_runner& runner, const index_definition& index) {
    const std::string values[] = {index.schema, index.table, index.name};
    const auto rows = runner.run(tables, values);
    if (!rows) return rows.error().why;
    std::vector<place> out;
    for (int row = 0; row < PQntuples(rows->get()); ++row) {
        const auto text = [&](int column) {
            return std::string(PQgetvalue(rows->get(), row, column));
        };
        const auto yes = [&](int column) { return text(column) == "t"; };
        out.push_back(
            {text(0), yes(1), text(2), text(3),
             PQgetisnull(rows->get(), row, 4) == 1 ? std::nullopt : std::optional(text(4)), yes(5),
             yes(6), yes(7)});
    }
    return out;
}

// Builds one index.
class builder {
  public:
    builder(step_runner& runner, const std::string& what, const index_definition& index)
        : runner_(runner), what_(what), index_(index) {}

    core::result<void> build(const place& at) {
        if (at.has_partitions) return build_above_partitions(at);
        // CREATE INDEX CONCURRENTLY takes no lock that others queue behind, so it may wait: it
        // waits for other transactions one by one, each up to lock_wait.
        const auto patient = "set lock_timeout = " + std::to_string(runner_.lock_wait().count());
        if (auto set = runner_.run(patient); !set) return set.error().why;
        auto built = build_concurrently(at);
        if (auto reset = runner_.run("set lock_timeout = " + std::to_string(lock_attempt.count()));
            !reset && built)
            return reset.error().why;
        return built;
    }
    core::result<void> attach(const place& at) {
        if (!at.above || at.attached) return {};
        return in_transaction("alter index " + *at.above + " attach partition " + at.qualified);
    }

  private:
    core::result<void> build_concurrently(const place& at) {
        bool is_left_over = at.exists && !at.valid;
        return runner_.patiently(what_, [&]() -> step_runner::outcome {
            if (is_left_over) {
                auto dropped = runner_.run("drop index concurrently if exists " + at.qualified);
                if (!dropped) return dropped;
                runner_.reached(what_ + ", dropped");
            }
            is_left_over = true;
            return runner_.run(std::string(index_.is_unique ? "create unique" : "create") +
                               " index concurrently " + at.index + " on " + at.table + " " +
                               index_.rest);
        });
    }
    // The index stays invalid, and without an effect, until each partition has its own.
    core::result<void> build_above_partitions(const place& at) {
        if (at.exists) return {};
        return in_transaction("create index " + at.index + " on only " + at.table + " " +
                              index_.rest);
    }
    core::result<void> in_transaction(const std::string& sql) {
        return runner_.patiently(
            what_, [&] { return runner_.in_transaction([&] { return runner_.run(sql); }); });
    }

    step_runner& runner_;
    const std::string& what_;
    const index_definition& index_;
};

} // namespace

core::result<void> build_index(step_runner& runner, const std::string& what,
                               const index_definition& index) {
    auto places = places_of(runner, index);
    if (!places) return places.error();
    if (!places->empty() && places->front().valid) return {};
    builder b(runner, what, index);
    for (const auto& at : *places) {
        if (at.valid || at.attached) continue;
        if (auto built = b.build(at); !built) return built;
        runner.reached(what + ", built on " + at.table);
    }
    // From below: a partition's index is complete before it becomes a part of another.
    for (auto at = places->rbegin(); at != places->rend(); ++at)
        if (auto attached = b.attach(*at); !attached) return attached;
    return {};
}

} // namespace latchkey::pg
