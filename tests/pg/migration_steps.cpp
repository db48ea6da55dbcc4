#include "pg/migrate/migration_steps.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey::pg;

namespace {

std::vector<migration_step> steps(std::string_view sql) {
    return steps_of({1, "0001_one", sql}).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(migration_steps)

BOOST_AUTO_TEST_CASE(without_markers_a_file_is_one_step) {
    const auto all = steps("-- why\nselect 1;\nselect 2\n");
    BOOST_REQUIRE(all.size() == 1u);
    BOOST_TEST(all[0].name == "");
    BOOST_TEST((all[0].kind == step_kind::transaction));
    BOOST_TEST(all[0].sql == "-- why\nselect 1;\nselect 2\n");
}

BOOST_AUTO_TEST_CASE(markers_divide_it) {
    const auto all = steps("-- About all.\n"
                           "\n"
                           "-- step: the tables\n"
                           "create table a ();\n"
                           "-- step: its index, outside a transaction\n"
                           "-- unless: select exists (\n"
                           "--   select from b)\n"
                           "-- Why so.\n"
                           "create index concurrently i\n"
                           "    on public.a using gin (k jsonb_path_ops) where s = 'x';\n"
                           "-- What follows.\n"
                           "-- step: rows, in batches\n"
                           "-- of: select count(*) from a\n"
                           "select f($1, $2)\n");
    BOOST_REQUIRE(all.size() == 3u);
    BOOST_TEST(all[0].name == "the tables");
    BOOST_TEST((all[0].kind == step_kind::transaction));
    BOOST_TEST(all[0].sql == "create table a ();\n");
    BOOST_TEST(all[1].name == "its index");
    BOOST_TEST((all[1].kind == step_kind::index));
    BOOST_TEST(all[1].unless == "select exists ( select from b)");
    BOOST_TEST(all[2].name == "rows");
    BOOST_TEST((all[2].kind == step_kind::batches));
    BOOST_TEST(all[2].of == "select count(*) from a");
    BOOST_TEST(all[2].sql == "select f($1, $2)\n");

    const auto index = index_definition_of(all[1].sql);
    BOOST_REQUIRE(index.has_value());
    BOOST_TEST(index->name == "i");
    BOOST_TEST(index->schema == "public");
    BOOST_TEST(index->table == "a");
    BOOST_TEST(index->rest == "using gin (k jsonb_path_ops) where s = 'x'");
    BOOST_TEST(!index->is_unique);
    const auto unique = index_definition_of("create unique index concurrently i on public.a (b);");
    BOOST_REQUIRE(unique.has_value());
    BOOST_TEST(unique->is_unique);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_so_is_refused) {
    for (const auto* sql : {
             "select 1;\n-- step: a\nselect 2;\n",
             "-- step: a, outside a transaction\ncreate index i on public.a (b);\n",
             "-- step: a, outside a transaction\ncreate index concurrently i on a (b);\n",
             "-- step: a, outside a transaction\nvacuum;\n",
             "-- step: a, outside a transaction\n"
             "create index concurrently i on public.a (b); select 1;\n",
         })
        BOOST_TEST_CONTEXT(sql) {
            BOOST_TEST(!steps_of({1, "0001_one", sql}).has_value());
        }
}

BOOST_AUTO_TEST_CASE(those_that_are_compiled_in_can_be_done) {
    std::size_t indexes = 0;
    for (const auto& m : migrations())
        BOOST_TEST_CONTEXT(m.name) {
            const auto all = steps_of(m);
            BOOST_TEST_REQUIRE(all.has_value());
            for (const auto& step : *all) {
                indexes += step.kind == step_kind::index;
                // No other step may build an index on a table of the older service.
                if (step.kind == step_kind::transaction)
                    for (const auto* table : {"organizations", "device_credentials"})
                        BOOST_TEST(step.sql.find("_idx\n    on public." + std::string(table)) ==
                                   std::string::npos);
            }
        }
    BOOST_TEST(indexes == 9u);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_release_applied_is_accepted) {
    const auto first = migrations()[0];
    BOOST_TEST(accepts(first, checksum_of(first)));
    BOOST_TEST(accepts(first, "a068f3db7d4665f028a41fee1eee24391040cf72ac2ab947b92ebddaf71651f9"));
    BOOST_TEST(!accepts(migrations()[1],
                        "a068f3db7d4665f028a41fee1eee24391040cf72ac2ab947b92ebddaf71651f9"));
    BOOST_TEST(!accepts(first, ""));
}

BOOST_AUTO_TEST_SUITE_END()
