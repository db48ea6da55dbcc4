#include "../integration/support.hpp"
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
