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
