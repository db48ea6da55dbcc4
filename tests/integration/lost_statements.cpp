// A session loses its prepared statements to a pooler's reset, or to another client that shares it.
// Its connection is replaced at once.
#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(lost_statements)

BOOST_AUTO_TEST_CASE(the_connection_is_replaced_and_the_question_answered) {
    migrated_database database;
    database.exec(fill_with_keys(2));
    auto settings = database.configuration();
    settings.acquire_timeout = core::seconds(10); // connecting may take long on a slow machine
    running_store running(settings, {1, 0});
    running.wait_until_reachable();
    BOOST_TEST(running.ask(key_number(1)) == "found");
    // The look-up itself deallocates them, on its next call only.
    database.exec("create sequence public.times; create or replace function"
                  " latchkey.is_active(status text) returns boolean language plpgsql as $$ begin"
                  " if nextval('public.times') = 1 then execute 'deallocate all'; end if;"
                  " return status = 'active'; end $$");
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(running.ask(key_number(1)) == "found");
        BOOST_TEST(running.ask(key_number(2)) == "found");
    }
    BOOST_TEST(database.value("select last_value >= 6 from public.times") == "t");
    BOOST_TEST(running.store.status().reachable);
}

// The result has another type now, so the statement must be prepared again.
BOOST_AUTO_TEST_CASE(a_changed_table_is_read_anew) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    running_store running(database.configuration(), {1, 0});
    running.wait_until_reachable();
    BOOST_TEST(running.ask(key_number(1)) == "found");
    // The column is named by the feed's triggers, so they are dropped and made again.
    database.exec("do $$ declare made text[] := array(select pg_get_triggerdef(oid) from pg_trigger"
                  " where tgrelid = 'latchkey.api_keys'::regclass and not tgisinternal);"
                  " one text; begin"
                  " for one in select tgname from pg_trigger"
                  "  where tgrelid = 'latchkey.api_keys'::regclass and not tgisinternal loop"
                  "  execute format('drop trigger %I on latchkey.api_keys', one); end loop;"
                  " alter table latchkey.api_keys alter column external_id type varchar(100);"
                  " foreach one in array made loop execute one; end loop;"
                  " perform latchkey.set_triggers(); end $$");
    running.run_until([&] { return running.ask(key_number(1)) == "found"; });
}

BOOST_AUTO_TEST_SUITE_END()
