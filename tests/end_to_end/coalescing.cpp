// Any number of concurrent questions about one cold key, one look-up.
#include "cached_keys.hpp"

#include <sys/resource.h>

#include <vector>

using namespace latchkey::test;

namespace {

constexpr int connections = 200;
constexpr int requests_each = 50;

// Counts the answers to all concurrent questions.
struct answers {
    int all = 0;
    int expected = 0;
    int misses = 0;
};

void take_all_descriptors() {
    rlimit limit{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

struct busy_database {
    migrated_database database;
    // The time-outs are long enough for all questions to arrive while the table is locked.
    server_process server{database.uri(),
                          "workers = 2\n",
                          "[cache]\nflight_timeout = \"30s\"\nnegative_ttl = \"1h\"\n",
                          {},
                          "query_timeout = \"20s\"\nacquire_timeout = \"20s\"\n"};
    busy_database() { BOOST_REQUIRE(server.wait_for("/readyz", 200)); }

    /// Sends 10,000 questions at once while the look-up waits for a lock.
    answers ask_all(const std::string& question, const std::string& expected) {
        std::vector<client> clients;
        for (int i = 0; i < connections; ++i)
            clients.push_back(server.connect());
        session blocker(database.uri());
        blocker.exec("begin; lock table latchkey.api_keys in access exclusive mode");
        // Pipelined requests are answered in order, so the first of each connection waits.
        for (auto& c : clients)
            for (int i = 0; i < requests_each; ++i)
                c.send(verify(question));
        BOOST_TEST(soon([&] { return metric(server, "auth_coalesced_total") >= connections - 1; }));
        blocker.exec("rollback");
        answers out;
        for (auto& c : clients)
            for (int i = 0; i < requests_each; ++i) {
                const auto a = c.receive();
                ++out.all;
                out.expected += code_of(a) == expected;
                out.misses += a.field("X-Auth-Cache") == "miss";
            }
        return out;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(coalescing, busy_database)

BOOST_AUTO_TEST_CASE(ten_thousand_questions_about_a_cold_key_cost_one_look_up) {
    const auto key = server.create_key(server.create_organization());
    BOOST_REQUIRE(has_heard_all(server, database));
    const auto before = metric(server, "auth_db_batch_size_sum");
    const auto got = ask_all(question_of(key), "VALID");
    BOOST_TEST(got.all == connections * requests_each);
    BOOST_TEST(got.expected == got.all);
    BOOST_TEST(got.misses == 1);
    // This counts the keys in queries, not the queries.
    BOOST_TEST(metric(server, "auth_db_batch_size_sum") - before == 1);
}

BOOST_AUTO_TEST_CASE(and_so_do_those_about_an_unknown_one) {
    const auto before = metric(server, "auth_db_batch_size_sum");
    const auto got = ask_all(question_of("nobody-has-this-key"), "NOT_FOUND");
    BOOST_TEST(got.expected == got.all);
    BOOST_TEST(got.misses == 0); // a miss would show that the key exists
    BOOST_TEST(metric(server, "auth_db_batch_size_sum") - before == 1);
}

// Every request has its own connection, so that all of them wait at the same time.
BOOST_AUTO_TEST_CASE(ten_thousand_connections_wait_for_one_look_up) {
    take_all_descriptors();
    const auto key = server.create_key(server.create_organization());
    BOOST_REQUIRE(has_heard_all(server, database));
    constexpr int count = 10'000;
    std::vector<client> clients;
    for (int i = 0; i < count; ++i)
        clients.push_back(server.connect());
    const auto before = metric(server, "auth_db_batch_size_sum");
    session blocker(database.uri());
    blocker.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    for (auto& c : clients)
        c.send(verify(question_of(key)));
    BOOST_TEST(soon([&] { return metric(server, "auth_coalesced_total") >= count - 1; }));
    blocker.exec("rollback");
    int valid = 0;
    for (auto& c : clients)
        valid += code_of(c.receive()) == "VALID";
    BOOST_TEST(valid == count);
    BOOST_TEST(metric(server, "auth_db_batch_size_sum") - before == 1);
}

// The first client has hung up; the others get their answers.
BOOST_AUTO_TEST_CASE(a_first_asker_that_hangs_up_leaves_nobody_waiting) {
    const auto key = server.create_key(server.create_organization());
    BOOST_REQUIRE(has_heard_all(server, database));
    const auto before = metric(server, "auth_db_batch_size_sum");
    session blocker(database.uri());
    blocker.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    const auto misses = metric(server, "auth_cache_misses_total{cache=\"api_key\"}");
    const auto asked = [&](double count) {
        return soon([&] {
            return metric(server, "auth_cache_misses_total{cache=\"api_key\"}") - misses >= count;
        });
    };
    {
        auto first = server.connect();
        first.send(verify(question_of(key)));
        BOOST_TEST(asked(1));
    }
    std::vector<client> others;
    for (int i = 0; i < 20; ++i) {
        others.push_back(server.connect());
        others.back().send(verify(question_of(key)));
    }
    BOOST_TEST(asked(21));
    blocker.exec("rollback");
    for (auto& c : others)
        BOOST_TEST(code_of(c.receive()) == "VALID");
    BOOST_TEST(metric(server, "auth_db_batch_size_sum") - before == 1);
}

// A flight past its deadline is answered with 503, and the next request begins a new flight.
BOOST_AUTO_TEST_CASE(a_look_up_past_its_deadline_is_not_used) {
    server_process hasty(database.uri(), "workers = 2\n", "[cache]\nflight_timeout = \"100ms\"\n",
                         {}, "query_timeout = \"20s\"\n");
    BOOST_REQUIRE(hasty.wait_for("/readyz", 200));
    const auto question = verify(question_of("nobody-has-this-key"));
    session blocker(database.uri());
    blocker.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    auto waiting = hasty.connect();
    waiting.send(question);
    BOOST_TEST(soon([&] { return metric(hasty, "auth_cache_misses_total") >= 1; }));
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(150);
    BOOST_TEST(!soon([] { return false; }, end - std::chrono::steady_clock::now()));
    blocker.exec("rollback");
    BOOST_TEST(code_of(waiting.receive()) == "503");
    BOOST_TEST(code_of(hasty.ask(question)) == "NOT_FOUND");
}

// An entry that is used until its end never misses.
BOOST_AUTO_TEST_CASE(a_hot_key_is_refreshed_before_it_expires) {
    const auto before = count_of_changes(database);
    server_process brief(database.uri(), "", "[cache]\nttl = \"1s\"\n");
    BOOST_REQUIRE(brief.wait_for("/readyz", 200));
    const auto key = brief.create_key(brief.create_organization());
    auto connection = brief.connect();
    BOOST_REQUIRE(has_heard_all(brief, database, before)); // news would end the cached answer
    BOOST_REQUIRE(gets_cached(brief, key));
    int misses = 0;
    const auto still_hot = [&] {
        const auto a = connection.ask(verify(question_of(key)));
        misses += a.field("X-Auth-Cache") != "hit";
        return metric(brief, "auth_cache_refreshed_total") >= 3;
    };
    BOOST_TEST(soon(still_hot));
    BOOST_TEST(misses == 0);
}

BOOST_AUTO_TEST_SUITE_END()
