// `migrate` while the older service works: none of its statements waits for it or is ended by it.
#include "support.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <latch>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using auth::legacy_device_secret;

namespace {

constexpr const char* old_tables = R"(
    create table public.organizations (organization_id text primary key, api_keys jsonb);
    create table public.device_credentials (
        device_id text primary key, device_secret text, organization_id text);
    insert into public.organizations
        select 'o' || o, (select jsonb_agg(jsonb_build_object(
            'key_hash', encode(sha256((o || '/' || k)::bytea), 'hex')))
            from generate_series(1, 20) k)
        from generate_series(1, 20) o;
    insert into public.device_credentials values ('d', 'sha256:x', 'o1')
)";

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// Repeats one of the older service's statements until the end. lock_timeout ends a wait of a
// second: no part of the migration may hold a lock that long.
class worker {
  public:
    worker(test_database& database, std::function<std::string(int)> statement)
        : thread_([this, uri = database.uri(), statement](const std::stop_token& stop) {
              session own(uri);
              own.exec("set lock_timeout = '1s'");
              for (int i = 0; !stop.stop_requested(); ++i) {
                  const auto state = own.sqlstate_of(statement(i));
                  if (!state.empty()) {
                      own.sqlstate_of("rollback");
                      ++failures_;
                  }
                  if (i == 0) begun_.count_down();
                  ++done_;
              }
          }) {
        begun_.wait();
    }
    int done() const { return done_; }
    int failures() const { return failures_; }

  private:
    std::atomic<int> done_ = 0;
    std::atomic<int> failures_ = 0;
    std::latch begun_{1};
    std::jthread thread_;
};

std::string read_some(int i) {
    return "select organization_id, api_keys from public.organizations where organization_id = 'o" +
           std::to_string(1 + i % 20) + "'";
}
// Two organizations in one transaction, in either order.
std::string write_two(int i) {
    const auto update = [&](int o) {
        return "update public.organizations set api_keys = api_keys || jsonb_build_array("
               "jsonb_build_object('key_hash', encode(sha256('w" +
               std::to_string(i) + "/" + std::to_string(o) +
               "'), 'hex'))) where organization_id = 'o" + std::to_string(o) + "';";
    };
    const int one = 1 + i % 20;
    const int other = 1 + (i * 7 + 3) % 20;
    return "begin;" + update(one) + update(other) + "commit";
}

core::result<std::size_t> migrate(test_database& database, core::milliseconds lock_wait,
                                  std::string& said) {
    return pg::migrate(database.configuration(), pg::migrations(),
                       {.legacy = legacy_device_secret::plaintext,
                        .lock_wait = lock_wait,
                        .say = [&](std::string_view line) { said += std::string(line) + '\n'; }});
}

// Counts differences: each element of an array must be a good key, and no other key may be good.
std::string unlike_arrays(test_database& database) {
    return database.value(
        "select count(*) from (select decode(e ->> 'key_hash', 'hex') as h"
        " from public.organizations cross join jsonb_array_elements(api_keys) as e) as a"
        " full join (select key_hash as h from latchkey.api_keys where revoked_at is null) as k"
        " using (h) where a.h is null or k.h is null");
}

} // namespace

BOOST_AUTO_TEST_SUITE(migrating_beside)

BOOST_AUTO_TEST_CASE(an_open_transaction_is_named_and_nobody_waits_behind_it) {
    test_database database;
    database.exec(old_tables);
    session idle(database.uri());
    idle.exec("set application_name = 'report'");
    idle.exec("begin; select 'hunter2' from public.organizations");
    std::string said;
    core::result<std::size_t> first = core::failure{}, second = core::failure{};
    int failures = 0;
    {
        worker reader(database, read_some), writer(database, write_two);
        first = migrate(database, 2500ms, said);
        idle.exec("commit");
        second = migrate(database, 60s, said);
        failures = reader.failures() + writer.failures();
        BOOST_TEST(reader.done() > 10);
        BOOST_TEST(writer.done() > 10);
    }
    BOOST_TEST(failures == 0);
    BOOST_REQUIRE(!first.has_value());
    const auto& why = first.error();
    BOOST_TEST((why.kind == core::failure_kind::unavailable));
    BOOST_TEST_INFO(why.message);
    BOOST_TEST(contains(why.message, "(columns of organizations): for longer than 2500 ms"));
    BOOST_TEST_INFO(why.message);
    BOOST_TEST(contains(why.message, "pid " + idle.backend_pid() +
                                         " (application \"report\", in "
                                         "a transaction for "));
    BOOST_TEST(contains(why.message, "its last statement began "));
    BOOST_TEST(!contains(why.message, "hunter2"));
    BOOST_REQUIRE_MESSAGE(second.has_value(), (second ? "" : second.error().message));
    BOOST_TEST(unlike_arrays(database) == "0");
}

// A locked row is passed over until it is the last one.
BOOST_AUTO_TEST_CASE(a_locked_organization_is_waited_for_in_the_end_alone) {
    test_database database;
    database.exec(old_tables);
    std::string said;
    session idle(database.uri());
    struct ended {};
    const auto until_there = [](const std::string& point) {
        if (contains(point, "(what is there), begins")) throw ended{};
    };
    BOOST_CHECK_THROW(static_cast<void>(pg::migrate(database.configuration(), pg::migrations(),
                                                    {.legacy = legacy_device_secret::plaintext,
                                                     .say = [](std::string_view) {},
                                                     .at = until_there})),
                      ended);
    idle.exec("begin; update public.organizations set api_keys = '[]'"
              " where organization_id = 'o20'");
    const auto first = migrate(database, 1500ms, said);
    BOOST_REQUIRE(!first.has_value());
    BOOST_TEST_INFO(first.error().message);
    BOOST_TEST(contains(first.error().message, "pid " + idle.backend_pid() + " "));
    BOOST_TEST(database.value("select count(distinct organization_id) from latchkey.api_keys") ==
               "19");
    idle.exec("commit");
    BOOST_TEST(migrate(database, 60s, said).has_value());
    BOOST_TEST(unlike_arrays(database) == "0");
}

// If all columns and indexes exist, a reader that never ends is not in the way.
BOOST_AUTO_TEST_CASE(what_is_there_is_not_locked) {
    migrated_database database;
    database.exec("drop schema latchkey cascade");
    session idle(database.uri());
    idle.exec("begin; select from public.organizations; select from public.device_credentials");
    std::string said;
    // The index on an expression was dropped with its function.
    BOOST_TEST(database.value("select to_regclass('device_credentials_device_key_idx')") == "NULL");
    const auto done = migrate(database, 20s, said);
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
}

BOOST_AUTO_TEST_CASE(an_invalid_index_is_built_again) {
    test_database database;
    database.exec(old_tables);
    session writer(database.uri());
    writer.exec("begin; update public.organizations set api_keys = '[]'");
    session builder(database.uri());
    builder.exec("set lock_timeout = '100ms'");
    BOOST_TEST(builder.sqlstate_of("create index concurrently organizations_api_keys_idx"
                                   " on public.organizations using gin (api_keys"
                                   " jsonb_path_ops)") == "55P03");
    writer.exec("rollback");
    const std::string is_valid = "select indisvalid from pg_index where indexrelid ="
                                 " 'public.organizations_api_keys_idx'::regclass";
    BOOST_TEST(database.value(is_valid) == "f");
    database.migrate();
    BOOST_TEST(database.value(is_valid) == "t");
}

BOOST_AUTO_TEST_CASE(partitions_get_their_indexes_one_by_one) {
    test_database database;
    database.exec(R"(
        create table public.organizations (
            organization_id text primary key, api_keys jsonb, status text default 'active')
            partition by hash (organization_id);
        create table public.organizations_0 partition of public.organizations
            for values with (modulus 2, remainder 0);
        create table public.organizations_1 partition of public.organizations
            for values with (modulus 2, remainder 1) partition by hash (organization_id);
        create table public.organizations_1_0 partition of public.organizations_1
            for values with (modulus 2, remainder 0);
        create table public."organizations 1_1" partition of public.organizations_1
            for values with (modulus 2, remainder 1);
        insert into public.organizations (organization_id, api_keys)
            select 'o' || n, jsonb_build_array(jsonb_build_object(
                'key_hash', encode(sha256(n::text::bytea), 'hex'))) from generate_series(1, 30) n)");
    database.migrate();
    BOOST_TEST(database.value("select indisvalid from pg_index where indexrelid ="
                              " 'public.organizations_api_keys_idx'::regclass") == "t");
    BOOST_TEST(database.value("select count(*) from pg_partition_tree("
                              "'public.organizations_api_keys_idx')") == "5");
    BOOST_TEST(database.value("select count(*) from latchkey.api_keys") == "30");
    database.exec("update public.organizations set api_keys = '[]'");
    BOOST_TEST(database.value("select count(*) from latchkey.api_keys where revoked_at is null") ==
               "0");
}

// A statement that waited would hold a snapshot, which the other's indexes wait for.
BOOST_AUTO_TEST_CASE(the_other_migrators_end_is_not_waited_for_in_a_statement) {
    test_database database;
    session other(database.uri());
    other.exec("select pg_advisory_lock(x'6c617463686b6579'::bit(64)::bigint)");
    std::atomic<bool> waits = false;
    core::result<std::size_t> done = core::failure{};
    {
        const std::jthread second([&] {
            done = pg::migrate(database.configuration(), pg::migrations(),
                               legacy_device_secret::plaintext, [&](std::string_view line) {
                                   if (contains(std::string(line), "pid " + other.backend_pid()))
                                       waits = true;
                               });
        });
        while (!waits)
            std::this_thread::sleep_for(10ms);
        int statements = 0;
        for (int i = 0; i < 20; ++i) {
            statements += std::stoi(database.value(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"));
            std::this_thread::sleep_for(10ms);
        }
        BOOST_TEST(statements == 0);
        other.exec("select pg_advisory_unlock_all()");
    }
    BOOST_TEST(done.value() == pg::migrations().size());
}

BOOST_AUTO_TEST_SUITE_END()
