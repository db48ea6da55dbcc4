// auth::use_store, implemented by pg::use_writer.
#include "../support/run_task.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/pg/writes/use_writer.hpp>

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using core::failure_kind;

namespace {

core::real_time at(int seconds) {
    return core::real_time(core::seconds(seconds));
}

class writing {
  public:
    explicit writing(pg::configuration c)
        : settings_(std::move(c)), writer_(loop_, settings_, log_) {}
    ~writing() {
        writer_.stop();
        loop_.run_for(core::milliseconds(10));
    }

    void start(std::vector<auth::credential_use> uses) {
        outcome_.reset();
        test::when_done(writer_.write_uses(std::move(uses)),
                        [&](core::result<bool> r) { outcome_ = std::move(r); });
    }
    core::result<bool> wait() {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(30);
        while (!outcome_) {
            if (std::chrono::steady_clock::now() > give_up)
                throw std::runtime_error("no write within 30 s");
            loop_.restart();
            loop_.run_one_for(core::milliseconds(50));
        }
        return *outcome_;
    }
    core::result<bool> write(std::vector<auth::credential_use> uses) {
        start(std::move(uses));
        return wait();
    }

  private:
    pg::configuration settings_;
    recording_logger log_;
    boost::asio::io_context loop_{1};
    pg::use_writer writer_;
    std::optional<core::result<bool>> outcome_;
};

std::string written(test_database& database) {
    std::string out;
    for (const auto& r : database.query("select kind || ' ' || credential_id || ' ' || uses || ' '"
                                        " || extract(epoch from last_used_at)::float8"
                                        " from latchkey.credential_use order by 1"))
        out += (out.empty() ? "" : "; ") + r[0].value();
    return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(credential_use, migrated_database)

BOOST_AUTO_TEST_CASE(counts_add_up_and_the_later_time_stays) {
    writing uses(configuration());
    BOOST_TEST(uses.write({{"api_key", "k", 3, at(50)}, {"device", "k", 1, at(7)}}).value());
    BOOST_TEST(written(*this) == "api_key k 3 50; device k 1 7");
    BOOST_TEST(uses.write({{"api_key", "k", 4, at(40)}, {"api_key", "l", 1, at(1)}}).value());
    BOOST_TEST(written(*this) == "api_key k 7 50; api_key l 1 1; device k 1 7");
    // The same credential twice in one write, with microseconds.
    BOOST_TEST(uses.write({{"device", "k", 2, at(9)},
                           {"device", "k", 5, at(8) + core::microseconds(500'000)}})
                   .value());
    BOOST_TEST(written(*this) == "api_key k 7 50; api_key l 1 1; device k 8 9");
    BOOST_TEST(uses.write({}).value());
}

BOOST_AUTO_TEST_CASE(ids_may_hold_anything_that_the_database_takes) {
    writing uses(configuration());
    for (const std::string id : {"{a,\"b\"}", "NULL", "", "\\", "ü 'x'"}) {
        BOOST_TEST(uses.write({{"device", id, 1, at(1)}}).value());
        BOOST_TEST(uses.write({{"device", id, 1, at(2)}}).value());
    }
    BOOST_TEST(value("select count(*) || ' ' || sum(uses) from latchkey.credential_use") == "5 10");
    BOOST_TEST((uses.write({{"device", std::string("a\0b", 3), 1, at(1)}}).error().kind ==
                failure_kind::invalid));
}

BOOST_AUTO_TEST_CASE(it_is_outside_the_feed_and_does_not_wait_for_the_disk) {
    exec("create table public.seen as select ''::text as setting;"
         "create function public.look() returns trigger language plpgsql as $$ begin"
         " update public.seen set setting = current_setting('synchronous_commit'); return null;"
         " end $$;"
         "create trigger look after insert or update on latchkey.credential_use"
         " for each statement execute function public.look()");
    writing uses(configuration());
    BOOST_TEST(uses.write({{"api_key", "k", 1, at(1)}}).value());
    BOOST_TEST(value("select setting from public.seen") == "off");
    BOOST_TEST(value("select count(*) from latchkey.changes") == "0");
}

BOOST_AUTO_TEST_CASE(a_role_with_what_is_granted_writes) {
    const auto role = make_role();
    exec("grant usage on schema latchkey to " + role +
         "; grant select on all tables in schema latchkey to " + role +
         "; grant insert, update on latchkey.credential_use, latchkey.usage_by_day to " + role);
    writing uses(configuration(role));
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(uses.write({{"api_key", "k", 1, at(1)}}).value());
    exec("drop owned by " + role);
}

BOOST_AUTO_TEST_CASE(keys_are_counted_by_day_with_what_they_cost) {
    exec("insert into public.organizations (organization_id) values ('acme')");
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, external_id)"
         " values (sha256('k'), 'k', 'acme', 'cust')");
    constexpr int day = 86'400;
    writing uses(configuration());
    BOOST_TEST(
        uses.write({{"api_key", "k", 3, at(day - 1), 30}, {"device", "k", 1, at(7), 1}}).value());
    BOOST_TEST(uses.write({{"api_key", "k", 2, at(day), 2},
                           {"api_key", "gone", 1, at(day), 1},
                           {"previous_api_key", "k", 1, at(day), 1}})
                   .value());
    exec("update latchkey.api_keys set external_id = null");
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(uses.write({{"api_key", "k", 1, at(day), 5}}).value());
    BOOST_TEST(value("select string_agg(concat_ws(' ', day - date '1970-01-01', organization_id,"
                     " key_id, external_id, valid, cost), ', ' order by day, key_id, external_id)"
                     " from latchkey.usage_by_day") ==
               "0 acme k cust 3 30, 1  gone  1 1, 1 acme k  2 10, 1 acme k cust 2 2");
}

BOOST_AUTO_TEST_CASE(ten_thousand_at_once) {
    writing uses(configuration());
    std::vector<auth::credential_use> many;
    for (int n = 0; n < 10'000; ++n)
        many.push_back({"api_key", "key-" + std::to_string(n), 2, at(n)});
    BOOST_TEST(uses.write(many).value());
    BOOST_TEST(uses.write(many).value());
    BOOST_TEST(value("select count(*) || ' ' || sum(uses) from latchkey.credential_use") ==
               "10000 40000");
}

// A failure is reported, so that the caller keeps its counts; the next write gets a new connection.
BOOST_AUTO_TEST_CASE(a_failure_is_told_and_passes) {
    auto settings = configuration();
    settings.write_timeout = core::milliseconds(200);
    writing uses(settings);
    BOOST_TEST(uses.write({{"api_key", "k", 1, at(1)}}).value());
    session other(uri());
    other.exec("begin; lock table latchkey.credential_use in access exclusive mode");
    BOOST_TEST(
        (uses.write({{"api_key", "k", 1, at(1)}}).error().kind == failure_kind::unavailable));
    other.exec("rollback");
    BOOST_TEST(uses.write({{"api_key", "k", 1, at(1)}}).value());
    BOOST_TEST(written(*this) == "api_key k 2 1");

    exec("select pg_terminate_backend(pid) from pg_stat_activity"
         " where datname = current_database() and pid <> pg_backend_pid()");
    // The write may still meet the broken connection.
    if (!uses.write({{"api_key", "k", 1, at(1)}}))
        BOOST_TEST(uses.write({{"api_key", "k", 1, at(1)}}).value());
    BOOST_TEST(written(*this) == "api_key k 3 1");
}

BOOST_AUTO_TEST_CASE(an_unreachable_database_is_told) {
    auto settings = configuration();
    settings.uri = crypto::secret(std::string("postgresql:///x?host=/nowhere"));
    writing uses(settings);
    BOOST_TEST(
        (uses.write({{"api_key", "k", 1, at(1)}}).error().kind == failure_kind::unavailable));
}

// Two nodes write the same keys in opposite order: no deadlock, and nothing is lost.
BOOST_AUTO_TEST_CASE(two_writers_of_the_same_keys_wait_for_each_other) {
    std::vector<auth::credential_use> forth;
    for (int n = 0; n < 500; ++n)
        forth.push_back({"api_key", "key-" + std::to_string(n), 1, at(n)});
    const std::vector<auth::credential_use> back(forth.rbegin(), forth.rend());
    const auto run = [&](const std::vector<auth::credential_use>& what) {
        writing uses(configuration());
        int done = 0;
        for (int i = 0; i < 20; ++i)
            done += uses.write(what).has_value();
        return done;
    };
    int done_there = 0;
    std::jthread other([&] { done_there = run(back); });
    BOOST_TEST(run(forth) == 20);
    other.join();
    BOOST_TEST(done_there == 20);
    BOOST_TEST(value("select count(*) || ' ' || sum(uses) from latchkey.credential_use") ==
               "500 20000");
}

BOOST_AUTO_TEST_SUITE_END()
