#include "../integration/support.hpp"
#include "cached_keys.hpp"
#include "support.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(operators_commands)

BOOST_AUTO_TEST_CASE(make_organizations_and_keys_over_the_admin_socket) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto made = server.create_organization();
    BOOST_TEST(made.size() == 36u); // a UUID

    struct {
        std::vector<std::string> words;
        int exit_code;
        const char* says;
    } const cases[] = {
        {{"org", "create", "--name", "A", "--id", "o1"}, 0, ""},
        {{"org", "create", "--name", "A", "--id", "o1"}, 64, "already"},
        {{"org", "create"}, 64, "--name"},
        {{"key", "create", "--organization", "none", "--name", "k"}, 64, "latchkey org create"},
        {{"key", "create", "--organization", "o1", "--name", "k", "--scopes", "a b"}, 64, "scopes"},
        {{"key", "create", "--organization", "o1", "--name", "k", "--allowed-ips", "x"},
         64,
         "allowed_ips"},
        {{"key", "create", "--organization", "o1", "--name", "k", "--env", "LIVE"}, 64, ""},
        {{"key", "create", "--organization", "o1", "--name", "k", "--env", "acme"}, 0, "once"},
        {{"status"}, 0, ""},
        {{"staus"}, 64, "status"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.words[0] << " " << c.says) {
            const auto done = server.command(c.words);
            BOOST_TEST_INFO(done.err);
            BOOST_TEST(done.exit_code == c.exit_code);
            BOOST_TEST_INFO(done.err);
            BOOST_TEST(done.err.find(c.says) != std::string::npos);
        }
    }
    BOOST_TEST(database.value("select count(*) from latchkey.api_keys") == "1");
    BOOST_TEST(server.create_key("o1").starts_with("lk_live_"));
}

BOOST_AUTO_TEST_CASE(a_revoked_key_is_refused_from_the_answer_on) {
    migrated_database database;
    server_process server(database.uri(), "node = \"first\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto organization = server.create_organization("o1");
    for (int i = 0; i < 20; ++i) {
        const auto made =
            server.command({"key", "create", "--organization", "o1", "--name", "k", "--json"});
        const auto key = boost::json::parse(made.out).as_object();
        const auto question =
            verify(R"({"api_key":")" + std::string(key.at("api_key").as_string()) + "\"}");
        BOOST_TEST(server.ask(question).json().at("valid").as_bool());
        BOOST_TEST(gets_cached(server, key.at("api_key").as_string()));
        const auto done = server.command(
            {"key", "revoke", std::string(key.at("key_id").as_string()), "--reason", "lost"});
        BOOST_TEST(done.exit_code == 0);
        BOOST_TEST(server.ask(question).body == R"({"valid":false,"code":"REVOKED"})");
    }
    const auto id = database.value("select key_id from latchkey.api_keys limit 1");
    // Again: it stays as it was.
    const auto again = server.command({"key", "revoke", id, "--reason", "other", "--json"});
    BOOST_TEST(again.exit_code == 0);
    BOOST_TEST(boost::json::parse(again.out).at("reason").as_string() == "lost");
    struct {
        std::vector<std::string> words;
        const char* says;
    } const mistakes[] = {
        {{"key", "revoke"}, "needs KEY_ID"},
        {{"key", "revoke", "key_unknown"}, "no key with the id \"key_unknown\""},
        {{"key", "revoke", "a/b"}, "is no key id"},
        {{"key", "revoke", "key_1", "key_2"}, "\"key_2\" is not expected"},
        {{"key", "revoke", id, "--reason", std::string(201, 'x')}, "reason"},
        {{"node", "list", "all"}, "takes options alone"},
    };
    for (const auto& m : mistakes) {
        const auto done = server.command(m.words);
        BOOST_TEST(done.exit_code == 64);
        BOOST_TEST_INFO(done.err);
        BOOST_TEST(done.err.find(m.says) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(nodes_are_listed) {
    migrated_database database;
    server_process first(database.uri(), "node = \"first\"\n");
    server_process second(database.uri(), "node = \"second\"\n");
    BOOST_REQUIRE(first.wait_for("/readyz", 200));
    BOOST_REQUIRE(second.wait_for("/readyz", 200));
    database.exec("insert into latchkey.nodes (instance_id, node, version, started_at, "
                  "heartbeat_at, max_staleness) values (gen_random_uuid(), 'gone', '0', now(), "
                  "now() - interval '1 hour', '1 minute')");
    boost::json::array nodes;
    for (int i = 0; i < 500 && nodes.size() < 3; ++i)
        nodes = boost::json::parse(first.command({"node", "list", "--json"}).out)
                    .at("nodes")
                    .as_array();
    BOOST_REQUIRE(nodes.size() == 3u);
    for (const auto& node : nodes)
        BOOST_TEST(node.at("live").as_bool() == (node.at("node").as_string() != "gone"));
    const auto table = first.command({"node", "list"});
    BOOST_TEST(table.exit_code == 0);
    BOOST_TEST(table.out.starts_with("node "));
    BOOST_TEST(table.out.find("\nsecond ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_start_that_cannot_be_says_why) {
    server_process server("postgresql:///none?host=/nonexistent");
    // The same port, another admin socket; then the same admin socket.
    const auto again = run({LATCHKEY_BINARY, "serve", "--config", server.config()});
    BOOST_TEST(again.exit_code == 69);
    BOOST_TEST(again.err.find("another process has it") != std::string::npos);
    const auto socket_taken =
        run({LATCHKEY_BINARY, "serve", "--config", server.config(), "--listen", "127.0.0.1:0"});
    BOOST_TEST(socket_taken.exit_code == 69);
    BOOST_TEST(socket_taken.err.find("another server answers") != std::string::npos);
    const auto no_server = run({LATCHKEY_BINARY, "status", "--socket", "/nonexistent/socket"});
    BOOST_TEST(no_server.exit_code == 69);
    const auto bad = run({LATCHKEY_BINARY, "serve", "--config", "/nonexistent.toml"});
    BOOST_TEST(bad.exit_code == 78);
}

BOOST_AUTO_TEST_SUITE_END()
