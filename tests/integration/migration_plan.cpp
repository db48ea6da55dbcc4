#include "support.hpp"

#include <latchkey/pg/migrate/migration_plan.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;
using auth::legacy_device_secret;

namespace {

pg::migration_plan plan_of(const test_database& database) {
    const auto plan = pg::plan_migrations(database.configuration(), pg::migrations(),
                                          legacy_device_secret::plaintext);
    if (!plan) throw std::runtime_error(plan.error().message);
    return *plan;
}

} // namespace

BOOST_AUTO_TEST_SUITE(migration_plan)

BOOST_AUTO_TEST_CASE(it_names_what_is_left_and_changes_nothing) {
    test_database database;
    const auto before = plan_of(database);
    BOOST_TEST(before.migrations == pg::migrations().size());
    BOOST_TEST(before.steps.size() > before.migrations);
    BOOST_TEST(before.steps.front().migration == pg::migrations().front().name);
    BOOST_TEST(database.value("select count(*) from pg_namespace where nspname = 'latchkey'") ==
               "0");
    database.migrate();
    const auto after = plan_of(database);
    BOOST_TEST(after.migrations == 0U);
    BOOST_TEST(after.steps.empty());
    BOOST_TEST(after.about.count() == 0);
}

BOOST_AUTO_TEST_CASE(a_step_that_is_done_is_not_planned_again) {
    test_database database;
    const auto all = pg::migrations();
    const auto stopped = [&] {
        return pg::migrate(database.configuration(), all,
                           {.legacy = legacy_device_secret::plaintext,
                            .say = [](std::string_view) {},
                            .at =
                                [](const std::string& place) {
                                    if (place.starts_with("migration 0012_") &&
                                        place.ends_with("done"))
                                        throw std::runtime_error("stop");
                                }});
    };
    BOOST_CHECK_THROW(stopped(), std::runtime_error);
    const auto plan = plan_of(database);
    BOOST_TEST(plan.steps.front().migration == "0012_what_is_there");
    BOOST_TEST(plan.migrations == all.size() - 11);
    test_database fresh;
    const auto of_twelve = [](const pg::migration_plan& p) {
        return std::ranges::count(p.steps, "0012_what_is_there", &pg::planned_step::migration);
    };
    BOOST_TEST(of_twelve(plan) == of_twelve(plan_of(fresh)) - 1);
}

// More rows, more time: what is there decides.
BOOST_AUTO_TEST_CASE(the_older_tables_sizes_count) {
    test_database small, large;
    for (auto* database : {&small, &large})
        database->exec("create table public.organizations (organization_id text primary key,"
                       " name text, api_keys jsonb, status text)");
    large.exec("insert into public.organizations select n::text, 'x', '[]', 'active'"
               " from generate_series(1, 20000) n; analyze public.organizations");
    const auto rows_of = [](const pg::migration_plan& plan) {
        std::uint64_t out = 0;
        for (const auto& step : plan.steps)
            out = std::max(out, step.rows);
        return out;
    };
    const auto of_large = plan_of(large);
    BOOST_TEST(rows_of(of_large) == 20000U);
    BOOST_TEST(of_large.about.count() > plan_of(small).about.count() + 1000);
}

// Whoever never analysed a table has rows in it all the same.
BOOST_AUTO_TEST_CASE(a_table_that_was_never_analysed_counts_by_its_size) {
    test_database database;
    database.exec("create table public.organizations (organization_id text primary key, name text,"
                  " api_keys jsonb, status text) with (autovacuum_enabled = off);"
                  "insert into public.organizations select n::text, 'x', '[]', 'active'"
                  " from generate_series(1, 50000) n");
    const auto plan = plan_of(database);
    const auto guessed = std::ranges::find(plan.steps, true, &pg::planned_step::is_guess);
    BOOST_REQUIRE((guessed != plan.steps.end()));
    BOOST_TEST(guessed->rows > 10000U);
    BOOST_TEST(plan.about.count() > plan_of(test_database()).about.count() + 1000);
}

BOOST_AUTO_TEST_CASE(an_index_that_is_there_is_not_planned) {
    const auto nothing_built = [](const pg::migration_plan& plan) {
        return std::ranges::count_if(
            plan.steps, [](const auto& step) { return step.what.starts_with("builds nothing"); });
    };
    test_database database;
    database.exec("create table public.organizations (organization_id text primary key, name text,"
                  " api_keys jsonb, status text)");
    const auto before = nothing_built(plan_of(database)); // the primary key will do for one
    database.exec("create index organizations_api_keys_idx on public.organizations"
                  " using gin (api_keys)");
    BOOST_TEST(nothing_built(plan_of(database)) == before + 1);
}

// What the plan says and what migrate does, for a database that is not as it should be.
BOOST_AUTO_TEST_CASE(switched_off_triggers_are_planned_and_set_right) {
    test_database database;
    database.migrate();
    database.exec("alter table public.organizations disable trigger user");
    const auto plan = plan_of(database);
    BOOST_TEST(plan.migrations == 0U);
    BOOST_REQUIRE(plan.steps.size() == 1U);
    BOOST_TEST(plan.steps.front().what.starts_with("sets right: "));
    database.migrate();
    BOOST_TEST(plan_of(database).steps.empty());
}

struct half_migrated : test_database {
    half_migrated() {
        migrate();
        exec("create table latchkey.schema_steps (version integer not null, step integer not null,"
             " checksum text not null, done_at timestamptz not null default now(),"
             " primary key (version, step))");
        const auto& last = pg::migrations().back();
        exec("delete from latchkey.schema_migrations where version = " +
             std::to_string(last.version));
        // More steps than it has: all are done.
        exec("insert into latchkey.schema_steps select " + std::to_string(last.version) + ", n, '" +
             pg::checksum_of(last) + "' from generate_series(0, 9) n");
    }
};

BOOST_FIXTURE_TEST_CASE(a_migration_whose_steps_are_done_is_recorded, half_migrated) {
    const auto plan = plan_of(*this);
    BOOST_TEST(plan.migrations == 1U);
    BOOST_REQUIRE(plan.steps.size() == 1U);
    BOOST_TEST(plan.steps.front().what.starts_with("records"));
    migrate();
    BOOST_TEST(plan_of(*this).steps.empty());
    BOOST_TEST(plan_of(*this).migrations == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_migration_begun_by_another_text_is_refused_by_both, half_migrated) {
    exec("update latchkey.schema_steps set checksum = 'another'");
    const auto refused =
        pg::plan_migrations(configuration(), pg::migrations(), legacy_device_secret::plaintext);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().kind == core::failure_kind::conflict));
    const auto too = pg::migrate(configuration(), pg::migrations(), legacy_device_secret::plaintext,
                                 [](std::string_view) {});
    BOOST_REQUIRE(!too);
    BOOST_TEST(refused.error().message == too.error().message);
}

BOOST_AUTO_TEST_CASE(a_role_that_may_not_is_told_who_may) {
    test_database database;
    database.migrate();
    const auto role = "plan_" + database.value("select pg_backend_pid()");
    database.exec("create role " + role + " login");
    auto settings = database.configuration();
    settings.uri = crypto::secret(std::string(settings.uri.reveal()) + " user=" + role);
    const auto plan =
        pg::plan_migrations(settings, pg::migrations(), legacy_device_secret::plaintext);
    const auto run = pg::migrate(settings, pg::migrations(), legacy_device_secret::plaintext,
                                 [](std::string_view) {});
    database.exec("drop role " + role);
    BOOST_REQUIRE(!plan);
    BOOST_TEST(plan.error().message.find("which owns the schema") != std::string::npos,
               plan.error().message);
    BOOST_REQUIRE(!run);
    BOOST_TEST(run.error().message.find("which owns the schema") != std::string::npos,
               run.error().message);
}

BOOST_AUTO_TEST_CASE(what_migrate_refuses_the_plan_refuses) {
    test_database database;
    database.exec("create table public.device_credentials (device_id text primary key,"
                  " device_secret text, organization_id text, status text);"
                  "insert into public.device_credentials values ('d', 'bare', 'o', 'active')");
    const auto refused = pg::plan_migrations(database.configuration(), pg::migrations(),
                                             legacy_device_secret::unset);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().kind == core::failure_kind::invalid));
}

BOOST_AUTO_TEST_SUITE_END()
