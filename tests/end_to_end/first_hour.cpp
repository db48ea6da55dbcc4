// What operators meet first: another password of the database, keys that an issuer has just
// changed, a role without rights, and credentials that arrive mangled.
#include "../support/http_receiver.hpp"
#include "../support/https_issuer.hpp"
#include "cached_keys.hpp"
#include "private_cluster.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace latchkey::test;

namespace {

constexpr auto no_database = "postgresql:///none?host=/nonexistent";

// A cluster in which two roles need passwords.
struct locked_cluster : private_cluster {
    locked_cluster() : owner(uri()) {
        owner.exec("create role first superuser login password 'one'");
        owner.exec("create role second superuser login password 'two'");
        std::ofstream(variable("POSTGRES_DATA") + "/pg_hba.conf")
            << "local all first,second scram-sha-256\nlocal all all trust\n";
        owner.exec("select pg_reload_conf()");
        BOOST_REQUIRE(soon([&] {
            try {
                session refused(with("first", "wrong"));
                return false;
            } catch (const std::runtime_error&) {
                return true;
            }
        }));
    }
    std::string with(const std::string& role, const std::string& password) const {
        return "postgresql://" + role + ':' + password +
               "@/latchkey?host=" + variable("POSTGRES_SOCKET_DIR");
    }
    std::string sessions_of(const std::string& role) {
        return owner.value("select count(*) from pg_stat_activity where usename = '" + role + "'");
    }
    session owner;
};

std::string issuer_settings(const std::string& url, const std::string& more) {
    return "[[issuers]]\nissuer = \"https://issuer.example\"\naudiences = \"api\"\n"
           "revocable = false\njwks_cooldown = \"1h\"\njwks_refresh = \"1h\"\n"
           "allow_private_addresses = true\njwks_url = \"" +
           url + "\"\n" + more;
}

} // namespace

BOOST_AUTO_TEST_SUITE(first_hour)

BOOST_AUTO_TEST_CASE(a_reload_takes_another_role_and_password_and_no_request_fails) {
    locked_cluster cluster;
    temporary_folder folder;
    const auto file = folder.file("uri");
    const auto write = [&](const std::string& uri) {
        std::ofstream out(file, std::ios::trunc);
        out << uri << '\n';
        out.close();
        std::filesystem::permissions(file, std::filesystem::perms::owner_read |
                                               std::filesystem::perms::owner_write);
    };
    write(cluster.with("first", "one"));
    const auto from_file = "LATCHKEY_DATABASE__URI_FILE=" + file;
    BOOST_REQUIRE(run({latchkey_binary(), "migrate"}, {from_file}).exit_code == 0);
    // The file of the configuration names another; the environment wins.
    server_process server(cluster.with("first", "one"), "workers = 2\n", "", {from_file});
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    BOOST_REQUIRE(gets_cached(server, key));

    std::atomic<bool> stop{false};
    std::atomic<int> failed{0}, asked{0};
    std::thread load([&] {
        auto client = server.connect();
        for (int i = 0; !stop; ++i) {
            // Each is a look-up.
            const auto unknown = question_of("nobodys-key-" + std::to_string(i));
            if (code_of(client.ask(verify(unknown))) != "NOT_FOUND") ++failed;
            ++asked;
        }
    });
    // A wrong password is refused, and named; nothing changes.
    write(cluster.with("second", "wrong"));
    const auto refused = server.command({"reload"});
    BOOST_TEST(refused.exit_code == 78);
    BOOST_TEST(refused.err.find("database.uri") != std::string::npos);
    BOOST_TEST(refused.err.find("password authentication failed") != std::string::npos);
    BOOST_TEST(refused.err.find("wrong@") == std::string::npos);

    write(cluster.with("second", "two"));
    const auto taken = server.command({"reload"});
    BOOST_TEST(taken.exit_code == 0);
    BOOST_TEST(taken.out.find("database.uri: (not shown) -> (not shown)") != std::string::npos);
    BOOST_TEST(soon([&] { return cluster.sessions_of("first") == "0"; }));
    BOOST_TEST(cluster.sessions_of("second") != "0");
    const auto before = asked.load();
    BOOST_TEST(soon([&] { return asked > before + 20; }));
    stop = true;
    load.join();
    BOOST_TEST(failed == 0);
    // Changes are still heard, and operators still write.
    cluster.owner.exec("alter role first nologin");
    const auto another = server.create_key(server.create_organization());
    BOOST_TEST(gets_cached(server, another));
    BOOST_TEST(server.ask(get("/health")).body.find(R"("feed":{"status":"ok"})") !=
               std::string::npos);
    BOOST_TEST(server.log().find(":two@") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_operator_has_keys_fetched_past_the_cool_down) {
    https_issuer issuer;
    server_process server(
        no_database, "", issuer_settings(issuer.url(), "ca_file = \"" + issuer.ca_file() + "\"\n"));
    BOOST_REQUIRE(soon([&] { return issuer.requests() == 1; }));
    const auto done = server.command({"issuer", "refresh", "https://issuer.example", "--json"});
    BOOST_TEST(done.exit_code == 0);
    BOOST_TEST(done.out.find(R"("fetched":true,"keys":0,"reason":null)") != std::string::npos,
               done.out);
    BOOST_TEST(issuer.requests() == 2);
    BOOST_TEST(server.command({"issuer", "refresh"}).exit_code == 0);
    BOOST_TEST(issuer.requests() == 3);
    BOOST_TEST(server.command({"reload"}).exit_code == 0);
    BOOST_TEST(soon([&] { return issuer.requests() == 4; }));
    issuer.behave({.status = 500});
    const auto failed = server.command({"issuer", "refresh"});
    BOOST_TEST(failed.exit_code == 69);
    BOOST_TEST(failed.out.find("500") != std::string::npos, failed.out);
    const auto unknown = server.command({"issuer", "refresh", "https://other.example"});
    BOOST_TEST(unknown.exit_code == 64);
    BOOST_TEST(unknown.err.find("https://other.example") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_come_over_http_and_through_a_proxy_only_if_that_is_said) {
    http_receiver plain(R"({"keys":[]})");
    connect_proxy proxy;
    https_issuer issuer;
    {
        server_process server(no_database, "",
                              issuer_settings(plain.url("/jwks"), "allow_http = true\n"));
        BOOST_TEST(soon([&] { return plain.all().size() == 1; }));
        BOOST_TEST(plain.all()[0].head.starts_with("GET /jwks HTTP/1.1\r\nHost: 127.0.0.1:"));
        BOOST_TEST(server.says("publishes a set without keys"));
    }
    server_process server(
        no_database, "",
        issuer_settings("https://issuer.test:" + std::to_string(issuer.port()) + "/jwks.json",
                        "ca_file = \"" + issuer.ca_file() + "\"\nhttps_proxy = \"" + proxy.url() +
                            "\"\n"));
    BOOST_TEST(soon([&] { return issuer.requests() == 1; }));
    BOOST_TEST(proxy.head().starts_with("CONNECT issuer.test:" + std::to_string(issuer.port())));
    BOOST_TEST(server.says("publishes a set without keys"));
    proxy.refuse(407);
    const auto failed = server.command({"issuer", "refresh"});
    BOOST_TEST(failed.exit_code == 69);
    BOOST_TEST(failed.out.find("the proxy 127.0.0.1 refuses a tunnel to issuer.test") !=
                   std::string::npos,
               failed.out);
    // Without the word, http:// is a mistake.
    std::ofstream(server.config(), std::ios::app) << issuer_settings(plain.url("/jwks"), "");
    const auto checked = run({latchkey_binary(), "check-config", "--config", server.config()});
    BOOST_TEST(checked.exit_code == 78);
    BOOST_TEST(checked.err.find("allow_http = true") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_used_says_what_to_run) {
    migrated_database database;
    const auto role = database.make_role();
    server_process poor(database.uri(role), "", "[log]\nlevel = \"debug\"\n");
    BOOST_REQUIRE(poor.wait_for("/livez", 200));
    const auto grant = "grant usage on schema latchkey to " + role + "; latchkey doctor prints";
    BOOST_TEST(soon([&] {
        BOOST_TEST(poor.ask(verify(question_of("somebody-elses-key"))).status == 503);
        // The request's own line, not only the pool's.
        const auto log = poor.log();
        const auto line = log.find(R"("status":503)");
        return line != log.npos && log.find(grant, line) != log.npos;
    }));
    BOOST_TEST(soon([&] {
        return poor.ask(get("/health")).body.find("DATABASE_RIGHT_MISSING") != std::string::npos;
    }));
    // No stranger learns the role.
    BOOST_TEST(poor.ask(verify(question_of("somebody-elses-key"))).body.find(role) ==
               std::string::npos);
    BOOST_TEST(poor.command({"status", "--json"}).out.find(grant) != std::string::npos);

    test_database empty;
    server_process early(empty.uri(), "", "[log]\nlevel = \"debug\"\n");
    BOOST_REQUIRE(early.wait_for("/livez", 200));
    BOOST_TEST(soon([&] {
        early.ask(verify(question_of("somebody-elses-key")));
        const auto log = early.log();
        const auto line = log.find(R"("status":503)");
        return line != log.npos && log.find("run latchkey migrate", line) != log.npos;
    }));
    BOOST_TEST(soon([&] {
        return early.ask(get("/health")).body.find("DATABASE_NOT_MIGRATED") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(a_mangled_credential_says_which_reason_it_was) {
    server_process server(no_database, "", "[log]\nlevel = \"debug\"\n");
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    struct {
        const char* path;
        const char* body;
        const char* detail;
    } const cases[] = {
        {"/api/v1/auth/verify-api-key", R"({"api_key":"a-key-with-a-newline\n"})", "line feed"},
        {"/api/v1/auth/verify-api-key", R"({"api_key":"eyJh bc.eyJi.c"})", "a token"},
        {"/api/v1/auth/verify-token", R"({"token":"lk_live_abc"})", "an API key"},
        {"/api/v1/auth/authenticate-device", R"({"device_id":"","device_secret":"s"})",
         "device_id is empty"},
        {"/api/v1/auth/verify-batch", R"({"items":[{"type":"apikey","api_key":"k"}]})",
         R"(\"type\" must be)"},
        {"/api/v1/auth/verify-batch", R"({"items":[{"type":"api_key","api_key":"a\n"}]})",
         "line feed"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.body) {
            const auto told = server.ask(post(c.path, c.body));
            BOOST_TEST(told.status == 200);
            const auto at = told.body.find(R"("code":"INVALID_FORMAT","detail":")");
            BOOST_TEST(at != std::string::npos, told.body);
            BOOST_TEST(told.body.find(c.detail) != std::string::npos, told.body);
            BOOST_TEST(server.says(c.detail));
        }
    // Others are told the code alone.
    server_process strange(no_database, "trusted_callers = \"\"\n");
    BOOST_REQUIRE(strange.wait_for("/livez", 200));
    BOOST_TEST(strange.ask(post(cases[0].path, cases[0].body)).body ==
               R"({"valid":false,"code":"INVALID_FORMAT"})");
}

BOOST_AUTO_TEST_CASE(a_variable_with_one_underscore_is_told) {
    server_process server(no_database, "", "", {"LATCHKEY_LOG_LEVEL=debug"});
    BOOST_TEST(server.says("write LATCHKEY_LOG__LEVEL"));
    const auto checked = run({latchkey_binary(), "check-config", "--config", server.config()},
                             {"LATCHKEY_SERVER_LISTEN=127.0.0.1:1"});
    BOOST_TEST(checked.exit_code == 0);
    BOOST_TEST(checked.err.find("warning: the variable LATCHKEY_SERVER_LISTEN has no effect") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
