// What a connection tells of a query whose answer came before the connection's end.
#include "running_store.hpp"
#include "support.hpp"

#include "pg/connection/connection.hpp"

#include <boost/test/unit_test.hpp>

#include <libpq-fe.h>

#include <array>
#include <filesystem>
#include <string>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr pg::statement three_rows{"three_rows", "select n from generate_series(1, 3) n", 0};

struct told_query final : pg::query {
    told_query() { what = &three_rows; }
    void succeeded(const pg_result& rows) override {
        told = std::to_string(PQntuples(&rows)) + " rows";
    }
    void failed(const pg::query_failure& why) override { told = why.message; }

    std::string told;
};

struct open_connection final : pg::connection::owner {
    explicit open_connection(const pg::configuration& c)
        : database(c), settings{database, core::seconds(30), {}, {}} {
        conn.open(core::steady_now());
        run_until([this] { return conn.ready() || !end.empty(); });
        BOOST_REQUIRE_EQUAL(end, "");
    }
    void connection_ready(pg::connection&) override {}
    void connection_advanced(pg::connection&) override {}
    void connection_closed(pg::connection&, const std::string& why, bool) override { end = why; }

    template <class Condition>
    void run_until(Condition condition) {
        const auto give_up = core::steady_now() + core::seconds(30);
        while (!condition()) {
            BOOST_REQUIRE(core::steady_now() < give_up);
            loop.run_one_for(core::milliseconds(50));
        }
    }

    pg::configuration database;
    pg::connection_settings settings;
    boost::asio::io_context loop;
    recording_logger log;
    pg::metrics cells;
    pg::connection conn{loop, settings, log, cells, *this};
    std::string end;
};

// Of the only other session of the database.
struct backend {
    explicit backend(const migrated_database& database)
        : session_(database.uri()),
          from_(" from pg_stat_activity where datname = '" + database.name() +
                "' and application_name = 'latchkey'") {}

    void wait_until_it_has_answered() {
        wait_until([this] {
            return session_.value("select count(*)" + from_ +
                                  " and state = 'idle' and query like '%series(1, 3)%'") == "1";
        });
    }
    // A process that has ended has closed its socket, too.
    void end() {
        const auto process = "/proc/" + session_.value("select pid" + from_);
        session_.exec("select pg_terminate_backend(pid)" + from_);
        wait_until([&] { return !std::filesystem::exists(process); });
    }

  private:
    template <class Condition>
    static void wait_until(Condition condition) {
        const auto give_up = core::steady_now() + core::seconds(30);
        while (!condition()) {
            BOOST_REQUIRE(core::steady_now() < give_up);
            std::this_thread::sleep_for(core::milliseconds(5));
        }
    }

    session session_;
    std::string from_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(ended_connections)

BOOST_AUTO_TEST_CASE(an_answer_that_waits_in_the_socket_counts) {
    const migrated_database database;
    backend server(database);
    open_connection here(database.configuration());
    told_query only;
    here.conn.send(only, core::steady_now());
    server.wait_until_it_has_answered();
    server.end();
    here.run_until([&] { return !only.told.empty() && !here.end.empty(); });
    BOOST_TEST(only.told == "3 rows");
}

// Sending finds the end first. From then on, libpq reads when it is asked to send, and once it has
// read the end, it forgets what it was asked: it takes the rows that it has kept for a description.
BOOST_AUTO_TEST_CASE(an_answer_that_is_read_after_the_end_does_not_lose_its_rows) {
    const migrated_database database;
    backend server(database);
    open_connection here(database.configuration());
    std::array<told_query, 3> all;
    here.conn.send(all[0], core::steady_now());
    server.wait_until_it_has_answered();
    server.end();
    here.conn.send(all[1], core::steady_now());
    here.conn.send(all[2], core::steady_now());
    here.run_until([&] { return !all[2].told.empty() && !here.end.empty(); });
    for (const auto& one : all)
        BOOST_TEST(one.told.starts_with("the connection to the database broke"), one.told);
}

BOOST_AUTO_TEST_SUITE_END()
