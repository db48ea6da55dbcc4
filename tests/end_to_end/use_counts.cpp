// Compares the uses of credentials in the database with the answers that were given.
#include "issuing_nodes.hpp"
#include "private_cluster.hpp"

#include <csignal>
#include <string>

using namespace latchkey::test;

namespace {

struct running {
    issuing_nodes nodes;
    std::unique_ptr<server_process> server;
    std::string key;
    std::string key_id;
    std::string token;

    void start(const std::string& interval) {
        server = nodes.start(true, "[use]\nflush_interval = \"" + interval + "\"\n");
        const auto organization = server->create_organization("org-1");
        key = server->create_key(organization);
        key_id = nodes.database.value("select key_id from latchkey.api_keys");
        nodes.database.exec(
            "insert into public.device_credentials (device_id, device_secret, organization_id) "
            "values ('device-1', 'sha256:' || encode(sha256('a-device-secret'), 'hex'), 'org-1')");
        // The token is from another key, because issuing may take several attempts, each of them a
        // use.
        token = issuing_nodes::issue(*server, server->create_key(organization));
        BOOST_REQUIRE(has_heard_all(*server, nodes.database));
    }
    /// Uses one credential of each kind alone and in a batch: two uses each.
    void use_all() {
        const std::string of_token = R"("token":")" + token + "\"";
        const std::string of_key = R"("api_key":")" + key + "\"";
        const std::string of_device = R"("device_id":"device-1","device_secret":"a-device-secret")";
        auto connection = server->connect();
        const auto ask = [&](const char* path, const std::string& body) {
            return code_of(connection.ask(post("/api/v1/auth/" + std::string(path), body)));
        };
        BOOST_TEST(ask("verify-api-key", "{" + of_key + "}") == "VALID");
        BOOST_TEST(ask("verify-token", "{" + of_token + "}") == "VALID");
        BOOST_TEST(ask("authenticate-device", "{" + of_device + "}") == "VALID");
        BOOST_TEST(ask("verify-api-key", "{" + of_key + R"(,"scopes":["admin"]})") ==
                   "INSUFFICIENT_SCOPES");
        const auto all = connection.ask(
            post("/api/v1/auth/verify-batch", R"({"items":[{"type":"api_key",)" + of_key +
                                                  R"(},{"type":"token",)" + of_token +
                                                  R"(},{"type":"device",)" + of_device + "}]}"));
        BOOST_TEST(all.json().at("valid_count").as_int64() == 3);
    }
    std::string uses(const std::string& kind, const std::string& id = {}) {
        return nodes.database.value(
            "select coalesce(sum(uses), 0) from latchkey.credential_use where kind = '" + kind +
            "'" + (id.empty() ? "" : " and credential_id = '" + id + "'"));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(use_counts, running)

BOOST_AUTO_TEST_CASE(uses_are_written_while_it_runs) {
    start("200ms");
    const auto changes = nodes.database.value("select count(*) from latchkey.changes");
    for (int i = 0; i < 10; ++i)
        use_all();
    BOOST_TEST(soon([&] { return uses("api_key", key_id) == "20"; }));
    BOOST_TEST(soon([&] { return uses("device", "device-1") == "20"; }));
    BOOST_TEST(soon([&] { return uses("token") == "20"; }));
    BOOST_TEST(nodes.database.value("select bool_and(last_used_at between now() - interval '60 s' "
                                    "and now() + interval '1 s') from latchkey.credential_use") ==
               "t");
    BOOST_TEST(nodes.database.value("select count(*) from latchkey.changes") == changes);
}

BOOST_AUTO_TEST_CASE(a_graceful_end_writes_what_was_counted_last) {
    start("1h");
    for (int i = 0; i < 5; ++i)
        use_all();
    BOOST_TEST(uses("api_key") == "0");
    server->signal(SIGTERM);
    BOOST_TEST(server->wait_for_exit() == 0);
    BOOST_TEST(uses("api_key", key_id) == "10");
    BOOST_TEST(uses("device", "device-1") == "10");
    BOOST_TEST(uses("token") == "10");
}

// Written counts stay, others are lost, and the next process counts nothing twice.
BOOST_AUTO_TEST_CASE(a_crash_loses_one_interval_and_no_more) {
    start("200ms");
    use_all();
    BOOST_TEST(soon([&] { return uses("api_key", key_id) == "2"; }));
    use_all();
    server->signal(SIGKILL);
    (void)server->wait_for_exit();
    const auto left = std::stoi(uses("api_key", key_id));
    BOOST_TEST(left >= 2); // an interval had ended before
    BOOST_TEST(left <= 4); // the number of answers
    server = nodes.start(true, "[use]\nflush_interval = \"200ms\"\n");
    use_all();
    BOOST_TEST(soon([&] { return uses("api_key", key_id) == std::to_string(left + 2); }));
}

// The end of the process is bounded. If the database hangs, the last interval's counts are lost,
// and the log says so.
BOOST_AUTO_TEST_CASE(an_end_without_the_database_does_not_wait_past_its_bound) {
    private_cluster cluster;
    BOOST_REQUIRE(run({latchkey_binary(), "migrate"}, {"LATCHKEY_DATABASE__URI=" + cluster.uri()})
                      .exit_code == 0);
    server_process one(cluster.uri(), "drain_timeout = \"1s\"\n",
                       "[use]\nflush_interval = \"1h\"\n");
    BOOST_REQUIRE(one.wait_for("/readyz", 200));
    const auto its_key = one.create_key(one.create_organization("org-1"));
    BOOST_REQUIRE(soon([&] { return code_of(one.ask(verify(question_of(its_key)))) == "VALID"; }));
    cluster.signal(SIGSTOP);
    one.signal(SIGTERM);
    BOOST_TEST(one.wait_for_exit(std::chrono::seconds(20)) == 0);
    cluster.signal(SIGCONT);
    BOOST_TEST(one.says("uses of credentials were not written"));
}

BOOST_AUTO_TEST_SUITE_END()
