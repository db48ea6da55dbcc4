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

BOOST_AUTO_TEST_CASE(a_revoked_key_is_told_as_revoked) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto organization = server.create_organization();
    const auto key = server.create_key(organization);
    const auto other = server.create_key(organization);
    const auto code_now = [&](const std::string& k) {
        return std::string(
            server.ask(verify(R"({"api_key":")" + k + "\"}")).json().at("code").as_string());
    };
    BOOST_TEST(code_now(key) == "VALID");
    const std::string id(
        server.ask(verify(R"({"api_key":")" + key + "\"}")).json().at("key_id").as_string());

    const auto revoked = server.command({"key", "revoke", id, "--reason", "leaked", "--json"});
    BOOST_TEST_INFO(revoked.err);
    BOOST_REQUIRE(revoked.exit_code == 0);
    const auto told = boost::json::parse(revoked.out);
    BOOST_TEST(told.at("key_id").as_string() == id);
    BOOST_TEST(told.at("organization_id").as_string() == organization);
    BOOST_TEST(told.at("reason").as_string() == "leaked");
    BOOST_TEST(told.at("revoked_at").as_string().ends_with("Z"));
    BOOST_TEST(code_now(key) == "REVOKED");
    BOOST_TEST(code_now(other) == "VALID");

    // A second revocation keeps the first time and reason.
    const auto again = server.command({"key", "revoke", id, "--json"});
    BOOST_TEST(again.exit_code == 0);
    // Its receipt is of another transaction.
    auto repeated = boost::json::parse(again.out).as_object();
    auto first = told.as_object();
    BOOST_TEST(repeated.at("receipt").as_string() != first.at("receipt").as_string());
    repeated.erase("receipt");
    first.erase("receipt");
    BOOST_TEST((repeated == first));
    const auto shown = server.command({"key", "revoke", id});
    BOOST_TEST(shown.out.starts_with("key_id           " + id + "\n"));

    struct {
        std::vector<std::string> words;
        const char* says;
    } const cases[] = {
        {{"key", "revoke", "key_none"}, "there is no key \"key_none\""},
        {{"key", "revoke", id, "--reason", "a\nb"}, "reason"},
        {{"key", "revoke", id, "--reason", "removed from organizations.api_keys"}, "reason"},
        {{"key", "revoke"}, "needs KEY_ID"},
        {{"key", "revoke", id, "more"}, "more"},
        {{"key", "revoke", other}, "name its KEY_ID"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.says) {
            const auto done = server.command(c.words);
            BOOST_TEST_INFO(done.err);
            BOOST_TEST(done.exit_code == 64);
            BOOST_TEST(done.err.find(c.says) != std::string::npos);
            BOOST_TEST(done.out == "");
        }
    }
    BOOST_TEST(code_now(other) == "VALID");
}

BOOST_AUTO_TEST_CASE(a_revoked_key_is_refused_from_the_answer_on) {
    migrated_database database;
    // On a busy machine a look-up may take long.
    server_process server(database.uri(), "", "[cache]\nflight_timeout = \"20s\"\n", {},
                          "query_timeout = \"20s\"\nacquire_timeout = \"20s\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto organization = server.create_organization();
    for (int i = 0; i < 20; ++i) {
        const auto key = server.create_key(organization);
        BOOST_TEST(gets_cached(server, key));
        const auto id =
            database.value("select key_id from latchkey.api_keys" + whose_hash_is_of(key));
        BOOST_TEST(server.command({"key", "revoke", id}).exit_code == 0);
        BOOST_TEST(server.ask(verify(question_of(key))).body ==
                   R"({"valid":false,"code":"REVOKED"})");
    }
}

BOOST_AUTO_TEST_CASE(two_nodes_list_one_another) {
    migrated_database database;
    server_process first(database.uri(), "node = \"first\"\n");
    server_process second(database.uri(), "node = \"second\"\n");
    BOOST_REQUIRE(first.wait_for("/readyz", 200));
    BOOST_REQUIRE(second.wait_for("/readyz", 200));
    for (const auto* node : {&first, &second}) {
        std::string listed;
        BOOST_TEST(soon([&] {
            listed = node->command({"node", "list"}).out;
            return listed.find("first") != std::string::npos &&
                   listed.find("second") != std::string::npos;
        }));
    }
}

BOOST_AUTO_TEST_CASE(the_nodes_are_listed) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    database.exec(
        "insert into latchkey.nodes"
        " (instance_id, node, version, started_at, heartbeat_at, max_staleness) values"
        " (gen_random_uuid(), '~zurich', '9.9', now(), now() - interval '1 day', '60 s')");

    const auto listed = server.command({"node", "list", "--json"});
    BOOST_TEST_INFO(listed.err);
    BOOST_REQUIRE(listed.exit_code == 0);
    const auto list = boost::json::parse(listed.out);
    const auto& nodes = list.at("nodes").as_array();
    const auto found = std::find_if(nodes.begin(), nodes.end(), [](const auto& n) {
        return n.at("node").as_string() == "~zurich";
    });
    BOOST_REQUIRE(found != nodes.end());
    const auto& node = *found;
    BOOST_TEST(node.at("version").as_string() == "9.9");
    BOOST_TEST(node.at("max_staleness").as_int64() == 60);
    BOOST_TEST(!node.at("live").as_bool());
    BOOST_TEST(node.at("lag_seconds").to_number<double>() >= 86400);

    const auto table = server.command({"node", "list"});
    BOOST_TEST(table.exit_code == 0);
    BOOST_TEST(table.out.starts_with("instance_id\tnode\t"));
    BOOST_TEST(table.out.find("\t~zurich\t") != std::string::npos);
    BOOST_TEST(server.command({"node", "list", "x"}).exit_code == 64);
}

// While auth.legacy_device_secret is unset, migrate prints the cause and what to do, but no secret.
BOOST_AUTO_TEST_CASE(migrate_stops_at_bare_secrets_and_says_what_to_do) {
    test_database database;
    database.exec("create table public.organizations (organization_id text, api_keys jsonb);"
                  "create table public.device_credentials (device_id text, device_secret text,"
                  " organization_id text);"
                  "insert into public.device_credentials values ('1', 'CanaryBareSecret', 'o')");
    const std::string uri = "LATCHKEY_DATABASE__URI=" + database.uri();
    const auto stopped = run({latchkey_binary(), "migrate"}, {uri});
    BOOST_TEST(stopped.exit_code == 78);
    BOOST_TEST(stopped.err.find("auth.legacy_device_secret") != std::string::npos);
    BOOST_TEST(stopped.err.find("1 of 16 characters") != std::string::npos);
    BOOST_TEST((stopped.out + stopped.err).find("Canary") == std::string::npos);
    const auto told =
        run({latchkey_binary(), "migrate", "--set", "auth.legacy_device_secret=plaintext"}, {uri});
    BOOST_TEST(told.exit_code == 0, told.err);
}

BOOST_AUTO_TEST_CASE(a_start_that_cannot_be_says_why) {
    server_process server("postgresql:///none?host=/nonexistent");
    // First the same port with another admin socket, then the same admin socket.
    const auto again = run({latchkey_binary(), "serve", "--config", server.config()});
    BOOST_TEST(again.exit_code == 69);
    BOOST_TEST(again.err.find("another process has it") != std::string::npos);
    const auto socket_taken =
        run({latchkey_binary(), "serve", "--config", server.config(), "--listen", "127.0.0.1:0"});
    BOOST_TEST(socket_taken.exit_code == 69);
    BOOST_TEST(socket_taken.err.find("another server answers") != std::string::npos);
    const auto no_server = run({latchkey_binary(), "status", "--socket", "/nonexistent/socket"});
    BOOST_TEST(no_server.exit_code == 69);
    const auto bad = run({latchkey_binary(), "serve", "--config", "/nonexistent.toml"});
    BOOST_TEST(bad.exit_code == 78);
}

BOOST_AUTO_TEST_SUITE_END()
