#include "server/cli/migration_plan_text.hpp"
#include "server/setup/acting_as.hpp"
#include "server/setup/setup_steps.hpp"

#include <latchkey/pg/migrate/migration_plan.hpp>
#include <latchkey/pg/setup/database_setup.hpp>

#include <algorithm>
#include <memory>
#include <sstream>

namespace latchkey::server {

namespace {

using state = outlook::state;

constexpr std::size_t told_max = 6; ///< changes that are named one by one

// What a person must do is told when all else is done.
outlook outlook_of(const std::vector<pg::setup_change>& changes, std::string_view nothing) {
    if (changes.empty()) return {state::done, std::string(nothing)};
    const bool left = std::ranges::all_of(changes, &pg::setup_change::by_hand);
    outlook out{left ? state::left : state::to_do, {}};
    for (const auto& change : changes) {
        if (change.by_hand != left) continue;
        out.commands.push_back(change.sql + ';');
        out.what += (out.what.empty() ? "" : "; ") + change.what;
    }
    if (out.commands.size() > told_max)
        out.what = "make " + std::to_string(out.commands.size()) + " grants and the like";
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
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
            if (auto why = not_as_superuser(); !why || !why->what.empty()) return why;
            const auto migrator = database_.migrator();
            if (!migrator) return migrator.error();
            const auto plan = pg::plan_migrations(*migrator, pg::migrations(),
                                                  terms_.settings.auth.legacy_device_secret);
            if (!plan) return plan.error();
            if (plan->steps.empty()) return outlook{state::done, "the schema is up to date"};
            return outlook{state::to_do,
                           "bring the schema up to date",
                           {"latchkey setup schema"},
                           lines_of(plan_text(*plan))};
        });
    }
    core::result<void> migrate() const {
        return as_administrator<void>([&]() -> core::result<void> {
            if (auto why = not_as_superuser(); !why || !why->what.empty())
                return core::failure{core::failure_kind::unavailable,
                                     why ? why->what : why.error().message};
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
        if (schema->is == state::left)
            return outlook{state::left, "the rights wait for the schema"};
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
            if (!change.by_hand)
                if (auto done = database_.make(change); !done) return done.error();
        return {};
    }
    // A superuser's session must not run what another role may have written.
    core::result<outlook> not_as_superuser() const {
        const auto whose = database_.distrust();
        if (!whose) return whose.error();
        if (whose->empty()) return outlook{};
        return outlook{
            state::left,
            "the database " + database_.database() + " has " + *whose +
                ": setup would run that role's code as a superuser. Let the owner do it",
            {"latchkey setup schema --admin-uri postgresql://OWNER@/" + database_.database()}};
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
