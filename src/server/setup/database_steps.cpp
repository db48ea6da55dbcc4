#include "server/setup/acting_as.hpp"
#include "server/setup/setup_steps.hpp"

#include <latchkey/pg/migrate/migration_plan.hpp>
#include <latchkey/pg/setup/database_setup.hpp>

#include <memory>

namespace latchkey::server {

namespace {

using state = outlook::state;

constexpr std::size_t told_max = 6; ///< changes that are named one by one

outlook outlook_of(const std::vector<pg::setup_change>& changes, std::string_view nothing) {
    if (changes.empty()) return {state::done, std::string(nothing)};
    outlook out{state::to_do, {}, {}};
    for (const auto& change : changes)
        out.commands.push_back(change.sql + ';');
    if (changes.size() > told_max) {
        out.what = "make " + std::to_string(changes.size()) + " grants and the like";
        return out;
    }
    for (const auto& change : changes)
        out.what += (out.what.empty() ? "" : "; ") + change.what;
    return out;
}

// One connection's work, as the user whom PostgreSQL takes for its administrator.
class database_part {
  public:
    database_part(const setup_terms& terms, pg::database_setup database)
        : terms_(terms), database_(std::move(database)) {}

    core::result<outlook> look_at_database() const {
        return as_administrator<outlook>([&]() -> core::result<outlook> {
            const auto missing = database_.missing_database();
            if (!missing) return missing.error();
            return outlook_of(*missing, "the role " + database_.role() + " and the database " +
                                            database_.database() + " are there");
        });
    }
    core::result<void> make_database() const {
        return as_administrator<void>([&] { return make(database_.missing_database()); });
    }

    core::result<outlook> look_at_schema() const {
        return as_administrator<outlook>([&]() -> core::result<outlook> {
            const auto there = database_.has_database();
            if (!there) return there.error();
            if (!*there)
                return outlook{state::to_do, "apply all migrations", {"latchkey setup schema"}};
            const auto migrator = database_.migrator();
            if (!migrator) return migrator.error();
            const auto plan = pg::plan_migrations(*migrator, pg::migrations(),
                                                  terms_.settings.auth.legacy_device_secret);
            if (!plan) return plan.error();
            if (plan->migrations == 0) return outlook{state::done, "the schema is up to date"};
            return outlook{state::to_do,
                           "apply " + std::to_string(plan->migrations) +
                               " migrations (latchkey migrate --plan says more)",
                           {"latchkey setup schema"}};
        });
    }
    core::result<void> migrate() const {
        return as_administrator<void>([&]() -> core::result<void> {
            const auto migrator = database_.migrator();
            if (!migrator) return migrator.error();
            const auto applied =
                pg::migrate(*migrator, pg::migrations(),
                            pg::migration_run{.legacy = terms_.settings.auth.legacy_device_secret,
                                              .say = terms_.say});
            if (!applied) return applied.error();
            return {};
        });
    }

    core::result<outlook> look_at_rights() const {
        const auto schema = look_at_schema();
        if (!schema) return schema.error();
        if (schema->is != state::done)
            return outlook{state::to_do,
                           "grant " + database_.role() + " what a server needs, and nothing else"};
        return as_administrator<outlook>([&]() -> core::result<outlook> {
            const auto missing = database_.missing_rights();
            if (!missing) return missing.error();
            return outlook_of(*missing, "the role " + database_.role() + " has its rights");
        });
    }
    core::result<void> grant() const {
        return as_administrator<void>([&] { return make(database_.missing_rights()); });
    }

  private:
    core::result<void> make(const core::result<std::vector<pg::setup_change>>& missing) const {
        if (!missing) return missing.error();
        for (const auto& change : *missing)
            if (auto done = database_.make(change); !done) return done.error();
        return {};
    }
    template <class T>
    core::result<T> as_administrator(const std::function<core::result<T>()>& act) const {
        if (!terms_.administrator.empty()) return act();
        const auto user = acting_as::user("postgres");
        if (!user) return user.error();
        return act();
    }

    const setup_terms& terms_;
    pg::database_setup database_;
};

} // namespace

core::result<std::vector<setup_step>> database_steps(const setup_terms& terms) {
    auto database = pg::database_setup::plan(terms.settings.database, terms.administrator);
    if (!database) return database.error();
    if (terms.administrator.empty() && !database->is_local())
        return core::failure{
            core::failure_kind::invalid,
            "database.uri names a database that is not behind a unix socket of "
            "this machine: say --admin-uri with a role there that may create roles "
            "and databases, or do it by hand (\"Rights of the server's role\" in "
            "schema/README.md) and run latchkey setup key and latchkey setup "
            "service"};
    const auto part = std::make_shared<const database_part>(terms, std::move(*database));
    return std::vector<setup_step>{{"database", "database",
                                    [part] { return part->look_at_database(); },
                                    [part] { return part->make_database(); }},
                                   {"schema", "schema", [part] { return part->look_at_schema(); },
                                    [part] { return part->migrate(); }},
                                   {"schema", "rights", [part] { return part->look_at_rights(); },
                                    [part] { return part->grant(); }}};
}

} // namespace latchkey::server
