// Without faults, a change is obeyed by every node.
#include "cached_keys.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

struct two_nodes {
    migrated_database database;
    server_process one{database.uri(), "", "[cache]\nnegative_ttl = \"1h\"\n"};
    server_process other{database.uri(), "workers = 1\n", "[cache]\nnegative_ttl = \"1h\"\n"};
    std::string organization;

    two_nodes() {
        BOOST_REQUIRE(one.wait_for("/readyz", 200));
        BOOST_REQUIRE(other.wait_for("/readyz", 200));
        organization = one.create_organization("org-1");
    }
    std::string code(const server_process& node, const std::string& question) const {
        return code_of(node.ask(verify(question)));
    }
    bool both_say(const std::string& question, std::string_view expected) const {
        return code(one, question) == expected && code(other, question) == expected;
    }
    /// Returns a key that both nodes have cached.
    std::string cached_key(const std::vector<std::string>& options = {}) const {
        const auto key = one.create_key(organization, options);
        for (const auto* node : {&one, &other}) {
            BOOST_TEST(soon([&] { return code(*node, question_of(key)) == "VALID"; }));
            BOOST_TEST(gets_cached(*node, key));
            BOOST_TEST(!node->ask(verify(question_of(key))).field("Age").empty());
        }
        return key;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(revocation, two_nodes)

BOOST_AUTO_TEST_CASE(every_kind_of_change_is_obeyed_by_both_nodes) {
    struct {
        const char* change; ///< KEY stands for the condition of the key
        const char* code;
    } const cases[] = {
        {"update latchkey.api_keys set revoked_at = now()KEY", "REVOKED"},
        {"update latchkey.api_keys set enabled = falseKEY", "DISABLED"},
        {"update latchkey.api_keys set expires_at = now()KEY", "EXPIRED"},
        {"update latchkey.api_keys set scopes = '{}'KEY", "INSUFFICIENT_SCOPES"},
        {"update latchkey.api_keys set allowed_networks = '{192.0.2.1}'KEY", "IP_NOT_ALLOWED"},
        {"delete from latchkey.api_keysKEY", "NOT_FOUND"},
        {"update public.organizations set status = 'disabled'", "ORGANIZATION_DISABLED"},
        {"update public.organizations set status = 'active'", "VALID"},
        {"delete from public.organizations", "ORGANIZATION_DISABLED"},
        {"insert into public.organizations (organization_id) values ('org-1')", "VALID"},
        {"truncate latchkey.api_keys", "NOT_FOUND"},
    };
    std::string key;
    for (const auto& c : cases) {
        std::string change = c.change;
        BOOST_TEST_CONTEXT(change) {
            const auto at = change.find("KEY");
            if (key.empty() || at != std::string::npos) key = cached_key({"--scopes", "read"});
            if (at != std::string::npos) change.replace(at, 3, whose_hash_is_of(key));
            const auto question = question_of(key, R"(,"scopes":["read"])");
            database.exec(change);
            BOOST_TEST(soon([&] { return both_say(question, c.code); }));
            // The answer stays the same.
            for (int i = 0; i < 20; ++i)
                BOOST_REQUIRE(both_say(question, c.code));
            if (at != std::string::npos) key = cached_key({"--scopes", "read"});
        }
    }
}

BOOST_AUTO_TEST_CASE(the_old_services_array_is_obeyed) {
    const auto element = [](const char* key, const char* more) {
        return "jsonb_build_array(jsonb_build_object('key_hash', encode(sha256('" +
               std::string(key) + "'::bytea), 'hex')" + more + "))";
    };
    const auto question = question_of("sk_old_1234567890");
    BOOST_TEST(both_say(question, "NOT_FOUND"));
    // The negative entry lives for an hour. The older service, which does not notify us, makes the
    // key.
    database.exec("update public.organizations set api_keys = " + element("sk_old_1234567890", ""));
    BOOST_TEST(soon([&] { return both_say(question, "VALID"); }));
    database.exec("update public.organizations set api_keys = " +
                  element("sk_old_1234567890", ", 'is_active', false"));
    BOOST_TEST(soon([&] { return both_say(question, "DISABLED"); }));
    database.exec("update public.organizations set api_keys = '[]'");
    BOOST_TEST(soon([&] { return both_say(question, "REVOKED"); }));
}

// A negative answer never hides a key that is made after it.
BOOST_AUTO_TEST_CASE(a_key_made_after_its_negative_answer_is_valid) {
    for (int i = 0; i < 20; ++i) {
        const auto key = "a-key-made-by-sql-" + std::to_string(i);
        const auto question = question_of(key);
        BOOST_TEST(both_say(question, "NOT_FOUND"));
        BOOST_TEST(both_say(question, "NOT_FOUND"));
        database.exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) values "
                      "(sha256('" +
                      key + "'::bytea), '" + key + "', 'org-1')");
        BOOST_TEST(soon([&] { return both_say(question, "VALID"); }));
    }
    BOOST_TEST(metric(one, "auth_cache_hits_total{cache=\"negative\"}") >= 20);
}

BOOST_AUTO_TEST_CASE(propagation_takes_milliseconds) {
    constexpr int count = 200;
    std::vector<std::string> keys;
    database.exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
                  "sha256(('prop-key-' || n)::bytea), 'key-' || n, 'org-1' from "
                  "generate_series(1, 200) n");
    for (int i = 1; i <= count; ++i)
        keys.push_back(question_of("prop-key-" + std::to_string(i)));
    auto connection = other.connect();
    for (const auto& k : keys)
        BOOST_REQUIRE(code_of(connection.ask(verify(k))) == "VALID");
    const auto changes = metric(other, "auth_revocation_lag_seconds_count");
    std::vector<double> lags;
    for (int i = 1; i <= count; ++i) {
        database.exec("update latchkey.api_keys set revoked_at = now()" +
                      whose_hash_is_of("prop-key-" + std::to_string(i)));
        const auto committed = std::chrono::steady_clock::now();
        const auto& question = keys[static_cast<std::size_t>(i - 1)];
        BOOST_REQUIRE(soon([&] { return code_of(connection.ask(verify(question))) == "REVOKED"; }));
        const auto lag = std::chrono::steady_clock::now() - committed;
        lags.push_back(std::chrono::duration<double, std::milli>(lag).count());
    }
    std::sort(lags.begin(), lags.end());
    BOOST_TEST_MESSAGE("from commit to obeyed by the other node, in ms: median "
                       << lags[count / 2] << ", p99 " << lags[count * 99 / 100] << ", most "
                       << lags.back());
    // Each revocation makes three changes: of the key, of the tokens made from it, and of its
    // generation.
    BOOST_TEST(metric(other, "auth_revocation_lag_seconds_count") - changes == 3 * count);
    // The feed was never reset, so that each change was applied by itself.
    BOOST_TEST(metric(other, "auth_feed_resets_total") == 0);
}

BOOST_AUTO_TEST_CASE(a_trusted_caller_may_ask_past_the_cache) {
    const auto key = cached_key();
    BOOST_REQUIRE(has_heard_all(one, database)); // a later change would remove the cache entry
    BOOST_REQUIRE(gets_cached(one, key));
    const auto question = question_of(key);
    const auto path = "/api/v1/auth/verify-api-key";
    struct {
        const char* fields;
        const char* found;
    } const cases[] = {
        {"", "hit"},
        {"Cache-Control: no-cache\r\n", "miss"},
        {"", "hit"},
        {"Cache-Control: max-age=0, No-Cache\r\n", "miss"},
        {"Cache-Control: no-store\r\n", "miss"},
        {"Cache-Control: no-store\r\nCache-Control: max-age=1\r\n", "miss"},
        {"Cache-Control: only-if-cached\r\n", "hit"},
        // A client behind a proxy on this machine is not on this machine.
        {"Cache-Control: no-cache\r\nX-Forwarded-For: 192.0.2.1\r\n", "hit"},
        {"X-Forwarded-For: 127.0.0.1\r\nCache-Control: no-cache\r\n", "hit"},
        {"Cache-Control: no-store\r\nForwarded: for=127.0.0.1\r\n", "hit"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.fields)
    BOOST_TEST(one.ask(post(path, question, c.fields)).field("X-Auth-Cache") == c.found);

    // A peer of the unix socket is not a trusted caller, whatever client it names.
    client by_unix(one.api_socket());
    for (const auto& c : cases)
        BOOST_TEST(by_unix.ask(post(path, question, c.fields)).field("X-Auth-Cache") == "hit");

    server_process stranger(database.uri(), "trusted_callers = \"\"\n");
    BOOST_REQUIRE(stranger.wait_for("/readyz", 200));
    BOOST_TEST(soon([&] { return stranger.ask(verify(question)).field("X-Auth-Cache") == "hit"; }));
    for (const auto& c : cases)
        BOOST_TEST(stranger.ask(post(path, question, c.fields)).field("X-Auth-Cache") == "hit");
}

BOOST_AUTO_TEST_CASE(no_store_keeps_nothing) {
    const auto key = one.create_key(organization);
    BOOST_REQUIRE(has_heard_all(one, database));
    const auto path = "/api/v1/auth/verify-api-key";
    for (int i = 0; i < 3; ++i) {
        const auto a = one.ask(post(path, question_of(key), "Cache-Control: no-store\r\n"));
        BOOST_TEST(a.field("X-Auth-Cache") == "miss");
    }
    BOOST_TEST(one.ask(verify(question_of(key))).field("X-Auth-Cache") == "miss");
    BOOST_TEST(one.ask(verify(question_of(key))).field("X-Auth-Cache") == "hit");
}

// Asks again while it is undecided: a look-up may take too long on a busy machine.
std::string decided(client& connection, const std::string& key) {
    std::string code;
    soon([&] {
        const auto told = connection.ask(verify(question_of(key)));
        code = code_of(told);
        return told.status != 503;
    });
    return code;
}

// One transaction revokes 100,000 credentials.
BOOST_AUTO_TEST_CASE(a_hundred_thousand_keys_revoked_at_once) {
    database.exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
                  "sha256(('bulk-key-' || n)::bytea), 'bulk-' || n, 'org-1' from "
                  "generate_series(1, 100000) n");
    auto connection = one.connect();
    constexpr int cached = 2000;
    for (int i = 1; i <= cached; ++i)
        BOOST_REQUIRE_EQUAL(decided(connection, "bulk-key-" + std::to_string(i)), "VALID");
    const auto rows = std::stoi(database.value("select count(*) from latchkey.changes"));
    // Meanwhile others ask about another key.
    const auto bystander = one.create_key(organization);
    BOOST_REQUIRE(gets_cached(one, bystander));
    std::atomic<bool> answered{true};
    std::chrono::nanoseconds longest{0};
    std::jthread other_caller([&](const std::stop_token& stopped) {
        auto its_own = one.connect();
        while (!stopped.stop_requested()) {
            const auto begun = std::chrono::steady_clock::now();
            if (code_of(its_own.ask(verify(question_of(bystander)))) != "VALID") answered = false;
            longest = std::max(longest,
                               std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun));
        }
    });
    database.exec("update latchkey.api_keys set revoked_at = now() where key_id like 'bulk-%'");
    const auto committed = std::chrono::steady_clock::now();
    const bool heard = has_heard_all(one, database);
    const auto took = std::chrono::steady_clock::now() - committed;
    std::map<std::string, int> told;
    for (int i = 1; heard && i <= cached; ++i)
        ++told[decided(connection, "bulk-key-" + std::to_string(i))];
    other_caller.request_stop();
    other_caller.join();
    BOOST_TEST(heard);
    BOOST_TEST(told["REVOKED"] == cached);
    for (const auto& [code, count] : told)
        BOOST_TEST_MESSAGE(count << " times " << code);
    BOOST_TEST_MESSAGE("obeyed within " << took / 1ms << " ms; another caller waited for at most "
                                        << longest / 1us << " us");
    BOOST_TEST(answered);
    const auto written = std::stoi(database.value("select count(*) from latchkey.changes")) - rows;
    BOOST_TEST(written == 301); // of keys, tokens, generations, the bystander
}

BOOST_AUTO_TEST_SUITE_END()
