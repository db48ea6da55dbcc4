// Pruning, bulk changes of keys and devices, and writes of uses at the same time: no deadlock.
#include "pg/lookup/device_statements.hpp"
#include "pg/writes/token_statements.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Runs each statement repeatedly, in a session of its own.
struct crowd {
    explicit crowd(test_database& database) : database_(database) {}

    void add(std::string statement, int times) {
        threads_.emplace_back([this, statement = std::move(statement), times] {
            session s(database_.uri());
            s.exec("set deadlock_timeout = '10ms'; set lock_timeout = '30s'");
            for (int n = 0; n < times; ++n) {
                const auto state = s.sqlstate_of(statement);
                if (state == "40P01") ++deadlocks;
                if (!state.empty()) ++failures;
            }
        });
    }
    void wait() { threads_.clear(); }

    std::atomic<int> deadlocks = 0;
    std::atomic<int> failures = 0;

  private:
    test_database& database_;
    std::vector<std::jthread> threads_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(lock_order)

BOOST_AUTO_TEST_CASE(whoever_writes_at_once_takes_turns) {
    migrated_database database;
    database.exec("insert into public.organizations (organization_id) select 'o' || n from"
                  " generate_series(1, 300) n;"
                  "insert into latchkey.api_keys (key_hash, key_id, organization_id) select"
                  " sha256(n::text::bytea), 'k' || n, 'o1' from generate_series(1, 300) n;"
                  "insert into public.device_credentials (device_id, device_secret,"
                  " organization_id) select 'k' || n, 's', 'o1' from generate_series(1, 300) n;"
                  // Rows are not in the order in which they are locked.
                  "insert into latchkey.revocations (kind, value) select 'credential', 'k' || n"
                  " from generate_series(1, 300) n order by md5(n::text);"
                  "insert into latchkey.credential_use select 'token', 't' || n, 1, now() from"
                  " generate_series(1, 300) n order by md5(n::text)");
    const auto write_uses = [](const std::string& order) {
        std::string text(pg::statements::write_uses.text);
        const std::string arrays[] = {
            "array_agg('token'::text)", "array_agg('t' || n " + order + ")", "array_agg(1::int8)",
            "array_agg((extract(epoch from now()) - 10)::int8 * 1000000)", "array_agg(1::int8)"};
        for (int i = 0; i < 5; ++i) {
            const auto given = "$" + std::to_string(i + 1);
            for (std::size_t at; (at = text.find(given)) != std::string::npos;)
                text.replace(at, 2, "(select " + arrays[i] + " from generate_series(1, 300) n)");
        }
        return text;
    };
    std::string prune(pg::statements::prune_revocations.text);
    for (const auto* given : {"$1", "$2", "$3", "$4"})
        for (std::size_t at; (at = prune.find(given)) != std::string::npos;)
            prune.replace(at, 2, given[1] == '1' ? "'{}'" : "0");

    crowd all(database);
    all.add(prune, 150);
    all.add("update latchkey.api_keys set enabled = not enabled", 40);
    all.add("update public.device_credentials set status = case status when 'off' then 'active'"
            " else 'off' end",
            40);
    all.add("update public.organizations set status = case status when 'off' then 'active' else"
            " 'off' end",
            40);
    all.add(write_uses("order by n"), 60);
    all.add(write_uses("order by n desc"), 60);
    all.wait();
    BOOST_TEST(all.deadlocks.load() == 0);
    BOOST_TEST(all.failures.load() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
