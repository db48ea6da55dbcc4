// Without its triggers the feed would be silent and wrong: then no node is ready, and each says
// why.
#include "running_feed.hpp"
#include "support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

const std::string hash_a(64, 'a');

struct watched : migrated_database {
    watched() {
        exec("insert into public.organizations (organization_id, api_keys) values"
             " ('o', jsonb_build_array(jsonb_build_object('key_hash', '" +
             hash_a + "', 'key_id', 'a')))");
    }
    pg::configuration quick() const {
        auto settings = configuration();
        settings.trigger_check = core::milliseconds(100);
        return settings;
    }
};

struct damage {
    const char* done;
    const char* told;
};
std::ostream& operator<<(std::ostream& out, const damage& d) {
    return out << d.done;
}
const damage damages[] = {
    {"alter table public.organizations disable trigger latchkey_mirror_update",
     "latchkey_mirror_update on public.organizations is switched off"},
    {"drop trigger latchkey_feed_update on public.device_credentials",
     "latchkey_feed_update on public.device_credentials is missing"},
    // A restore with --disable-triggers leaves them so.
    {"alter table latchkey.revocations disable trigger all;"
     "alter table latchkey.revocations enable trigger all",
     "latchkey_row_insert on latchkey.revocations is in another state"},
    {"alter table latchkey.api_keys disable trigger user",
     "latchkey_feed_insert on latchkey.api_keys is switched off"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(watched_triggers)

BOOST_DATA_TEST_CASE(without_one_it_is_never_fresh, boost::unit_test::data::make(damages), d) {
    watched database;
    database.exec(d.done);
    running_feed running(database.quick());
    running.run_until([&] { return running.complains_of(d.told); });
    BOOST_TEST(!running.fresh());
    BOOST_TEST(running.complains_of("latchkey migrate"));

    const auto said = database.migrate();
    BOOST_TEST(std::ranges::any_of(
        said, [&](const auto& line) { return line.find(d.told) != std::string::npos; }));
    running.run_until_fresh();
    BOOST_TEST(running.feed->problem() == "");
}

BOOST_DATA_TEST_CASE(what_happens_meanwhile_is_noticed_and_mended,
                     boost::unit_test::data::make(damages), d) {
    watched database;
    running_feed running(database.quick());
    running.run_until_fresh();
    database.exec(d.done);
    running.run_until([&] { return !running.fresh(); });
    BOOST_TEST(running.complains_of(d.told));
    database.migrate();
    running.run_until_fresh();
    // Everything is read anew.
    BOOST_TEST(running.sink.beginnings() == 2u);
}

// Each notification leads to a poll at once, and puts the next regular one off. The triggers are
// still checked.
BOOST_FIXTURE_TEST_CASE(a_stream_of_notifications_does_not_put_the_check_off, watched) {
    auto settings = quick();
    settings.feed_interval = core::seconds(60);
    running_feed running(settings);
    running.run_until_fresh();
    exec("alter table latchkey.api_keys disable trigger user");
    running.run_until([&] {
        exec("notify latchkey_changes");
        // Longer than the polls' distance and shorter than their interval, so that no poll waits
        // for the timer.
        running.run_for(core::milliseconds(30));
        return running.complains_of("is switched off");
    });
    BOOST_TEST(!running.fresh());
}

// The triggers are back, but nobody has read the changes in between.
BOOST_FIXTURE_TEST_CASE(switched_off_and_on_again_it_is_not_forgotten, watched) {
    running_feed running(quick());
    running.run_until_fresh();
    exec("alter table public.organizations disable trigger latchkey_mirror_update");
    running.run_until([&] { return running.complains_of("is switched off"); });
    exec("update public.organizations set api_keys = '[]';"
         "alter table public.organizations enable trigger latchkey_mirror_update");
    running.run_until([&] { return running.complains_of("what changed meanwhile is not known"); });
    BOOST_TEST(!running.fresh());
    migrate();
    running.run_until_fresh();
    BOOST_TEST(value("select revoked_at is not null from latchkey.api_keys") == "t");
}

// If the check fails, the triggers are not taken as present.
BOOST_FIXTURE_TEST_CASE(a_check_that_is_refused_is_a_problem, watched) {
    running_feed running(quick());
    running.run_until_fresh();
    exec("alter function latchkey.wrong_triggers() rename to elsewhere");
    running.run_until([&] { return running.complains_of("it cannot be made sure"); });
    BOOST_TEST(!running.fresh());
    exec("alter function latchkey.elsewhere() rename to wrong_triggers");
    running.run_until_fresh();
}

// New partitions are followed at once if possible; otherwise an operator must do so.
BOOST_AUTO_TEST_CASE(partitions_that_come_and_go_are_followed_or_told) {
    test_database database;
    database.exec("create table public.organizations (organization_id text, api_keys jsonb default"
                  " '[]') partition by list (organization_id);"
                  "create table public.some partition of public.organizations for values in ('a')");
    database.migrate();
    // If the owner is no superuser, there is no event trigger.
    database.exec("drop event trigger latchkey_partitions");
    auto settings = database.configuration();
    settings.trigger_check = core::milliseconds(100);
    running_feed running(settings);
    running.run_until_fresh();
    database.exec(
        "create table public.small partition of public.organizations for values in ('b')");
    running.run_until([&] {
        return database.value("select count(*) from latchkey.strange_partitions()") == "0";
    });
    BOOST_TEST(running.fresh());
    database.exec("create table public.large partition of public.organizations default;"
                  "alter table public.large disable trigger user;"
                  "insert into public.large select n from generate_series(1, 1001) n;"
                  "alter table public.large enable trigger user");
    database.exec("select latchkey.set_triggers_of('public.large')");
    running.run_until([&] { return running.complains_of("partitions came or went: "); });
    BOOST_TEST(!running.fresh());
    database.migrate();
    running.run_until_fresh();
}

BOOST_FIXTURE_TEST_CASE(what_was_not_told_is_read_when_they_are_set_right, watched) {
    exec("insert into public.organizations (organization_id) values ('p');"
         "insert into public.device_credentials (device_id, device_secret, organization_id) values"
         " ('d', 's', 'o'), ('e', 's', 'o')");
    exec("alter table public.organizations disable trigger user;"
         "alter table public.device_credentials disable trigger user;"
         "update public.organizations set api_keys = '[{\"key_hash\": \"" +
         std::string(64, 'b') +
         "\", \"key_id\": \"b\"}]' where organization_id = 'o';"
         "update public.organizations set status = 'off' where organization_id = 'p';"
         "update public.device_credentials set status = 'off' where device_id = 'd'");
    BOOST_TEST(value("select string_agg(key_id, ' ') from latchkey.api_keys"
                     " where revoked_at is null") == "a");
    migrate();
    BOOST_TEST(value("select string_agg(key_id, ' ') from latchkey.api_keys"
                     " where revoked_at is null") == "b");
    BOOST_TEST(value("select string_agg(value, ' ' order by value collate \"C\") from"
                     " latchkey.revocations where kind <> 'token'") == "a d p");
    BOOST_TEST(value("select latchkey.trigger_problem()") == "NULL");
}

BOOST_AUTO_TEST_SUITE_END()
