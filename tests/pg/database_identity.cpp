// Which database a connection reached, and what that database remembers.
#include "pg/connection/pooler_hint.hpp"
#include "pg/connection/server_version.hpp"
#include "pg/feed/node_memory.hpp"
#include "pg/writes/write_refusal.hpp"

#include <latchkey/pg/connection/database_identity.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;

namespace {

const pg::database_identity first{"system/5/00000001", "a"};
const pg::database_identity promoted{"system/5/00000002", "b"};

core::steady_time at(int seconds) {
    return core::steady_time(core::seconds(1'000 + seconds));
}

} // namespace

BOOST_AUTO_TEST_SUITE(database_identity)

BOOST_AUTO_TEST_CASE(a_connection_holds_as_long_as_the_feed_reads_its_database) {
    pg::identity_fence fence;
    pg::fenced_identity connection(&fence);
    connection.set(first, at(0));
    BOOST_TEST(connection.holds()); // the feed has not read yet
    fence.seen(first);
    BOOST_TEST(connection.holds());
    fence.seen(first);
    BOOST_TEST(fence.generation() == 1u);
    fence.seen(promoted);
    BOOST_TEST(!connection.holds());
    BOOST_TEST(!connection.holds());
    pg::fenced_identity next(&fence);
    next.set(promoted, at(0));
    BOOST_TEST(next.holds());
    pg::fenced_identity late(&fence);
    late.set(first, at(0));
    BOOST_TEST(!late.holds());
    // The feed may return to the first database.
    fence.seen(first);
    BOOST_TEST(connection.holds());
    BOOST_TEST(!next.holds());
}

// Two promotions of one server may share a timeline, and a crash changes only the era.
BOOST_AUTO_TEST_CASE(the_era_belongs_to_the_identity) {
    pg::identity_fence fence;
    fence.seen(first);
    for (const std::optional<std::string>& era :
         {std::optional<std::string>("other"), std::optional<std::string>()}) {
        pg::fenced_identity connection(&fence);
        connection.set({first.place, era}, at(0));
        BOOST_TEST(!connection.holds());
    }
}

// Both servers say that they are the primary, and one of them is wrong.
BOOST_AUTO_TEST_CASE(a_later_promotion_that_is_met_overtakes_what_the_feed_reads) {
    pg::identity_fence fence;
    fence.seen(first);
    pg::fenced_identity connection(&fence);
    connection.set(first, at(0));
    BOOST_TEST(connection.holds());
    fence.met({"other/5/00000009", "x"}, at(1)); // another lineage
    BOOST_TEST(connection.holds());
    BOOST_TEST(!fence.is_overtaken(first, at(1)));
    pg::fenced_identity other(&fence);
    other.set(promoted, at(2));
    BOOST_TEST(!connection.holds());
    BOOST_TEST(!other.holds()); // the feed has not read it yet
    BOOST_TEST(fence.is_overtaken(first, at(3)));
    BOOST_TEST(!fence.is_overtaken(promoted, at(3)));
    // Meeting the old primary again changes nothing.
    fence.met(first, at(3));
    BOOST_TEST(fence.is_overtaken(first, at(4)));
    fence.seen(promoted);
    BOOST_TEST(!connection.holds());
    BOOST_TEST(other.holds());
}

// A primary that nobody has met for a while counts as taken out of service.
BOOST_AUTO_TEST_CASE(a_meeting_counts_for_a_while) {
    pg::identity_fence fence;
    fence.seen(first);
    fence.met(promoted, at(0));
    BOOST_TEST(fence.is_overtaken(first, at(9)));
    BOOST_TEST(!fence.admits(first));
    BOOST_TEST(!fence.is_overtaken(first, at(10)));
    fence.seen(first);
    BOOST_TEST(fence.admits(first));
}

BOOST_AUTO_TEST_CASE(without_a_fence_any_database_will_do) {
    pg::fenced_identity connection(nullptr);
    connection.set(first, at(0));
    BOOST_TEST(connection.holds());
}

BOOST_AUTO_TEST_CASE(the_memory_tells_a_copy_from_the_original) {
    pg::node_memory memory;
    BOOST_TEST(memory.agrees_with(std::nullopt));
    BOOST_TEST(memory.next() == 1u);
    BOOST_TEST(memory.agrees_with(std::nullopt)); // may not be committed yet
    BOOST_TEST(memory.agrees_with(1));
    memory.acknowledged();
    BOOST_TEST(memory.agrees_with(1));
    BOOST_TEST(!memory.agrees_with(std::nullopt));
    BOOST_TEST(!memory.agrees_with(0));
    // The outcome of the second heartbeat is unknown.
    memory.next();
    BOOST_TEST(memory.agrees_with(1));
    BOOST_TEST(memory.agrees_with(2));
    BOOST_TEST(!memory.agrees_with(3));
    memory.next();
    memory.acknowledged();
    BOOST_TEST(!memory.agrees_with(2));
    memory.forget(std::nullopt);
    BOOST_TEST(memory.agrees_with(2));
    BOOST_TEST(memory.next() == 4u);
    // A number that the database already has must not be used again.
    memory.forget(9);
    BOOST_TEST(memory.next() == 10u);
}

BOOST_AUTO_TEST_CASE(what_nobody_can_write_is_told_from_what_this_role_may_not) {
    for (const char* state : {"25006", "53100", "58030"})
        BOOST_TEST(pg::nobody_can_write(state));
    for (const char* state : {"42501", "42P01", "57014", ""})
        BOOST_TEST(!pg::nobody_can_write(state));
}

BOOST_AUTO_TEST_CASE(servers_before_14_are_refused) {
    for (const int version : {0, 140000, 150004, 180000})
        BOOST_TEST(!pg::server_too_old(version).has_value());
    BOOST_TEST(pg::server_too_old(130022).value() ==
               "the server is PostgreSQL 13, and Latchkey needs 14 or later: upgrade it");
    BOOST_TEST(pg::server_too_old(90624).has_value());
}

// The messages are PgBouncer 1.18's.
BOOST_AUTO_TEST_CASE(a_poolers_refusal_names_the_setting_that_mends_it) {
    struct {
        const char* message;
        const char* setting; ///< empty: the server's own message
    } const cases[] = {
        {"FATAL:  server login has been failing, try again later (server_login_retry)",
         "server_login_retry"},
        {"FATAL:  no more connections allowed (max_client_conn)", "max_client_conn"},
        {"FATAL:  query_wait_timeout", "pool_size"},
        {"FATAL:  the database system is starting up", ""},
        {"", ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.message) {
            const auto hint = pg::pooler_hint(c.message);
            BOOST_TEST(hint.empty() == (std::string_view(c.setting).empty()));
            BOOST_TEST(hint.find(c.setting) != std::string_view::npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
