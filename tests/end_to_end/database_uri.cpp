// A reload changes database.uri, and rights change while a node serves.
#include "../support/https_issuer.hpp"
#include "cached_keys.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

using namespace latchkey::test;

namespace {

// A node whose database.uri is in a file.
class node {
  public:
    explicit node(const std::string& database_settings = {}, const std::string& toml = {})
        : role(make_role()),
          written_(write(database.uri(role))),
          server(database.uri(role), "workers = 2\ncheck_interval = \"1h\"\n", toml,
                 {"LATCHKEY_DATABASE__URI_FILE=" + file()}, database_settings) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
    }
    ~node() {
        server.signal(SIGKILL);
        server.wait_for_exit();
        for (const auto& one : roles_)
            database.exec("drop owned by " + one);
    }

    /// One with a server's rights.
    std::string make_role() {
        roles_.push_back(database.make_role());
        database.exec("grant pg_read_all_data, pg_write_all_data to " + roles_.back());
        database.exec("grant execute on all functions in schema latchkey to " + roles_.back());
        return roles_.back();
    }
    outcome reload_with(const std::string& uri) {
        write(uri);
        return server.command({"reload"});
    }
    std::string sessions_of(const std::string& whom) {
        return database.value("select count(*) from pg_stat_activity where usename = '" + whom +
                              "'");
    }
    std::string code_of_check(const std::string& check) const {
        const auto all = server.ask(get("/health")).json().at("checks").as_object();
        const auto* code = all.at(check).as_object().if_contains("code");
        return code ? std::string(code->as_string()) : "";
    }
    std::string status() const { return server.command({"status", "--json"}).out; }

  private:
    std::string file() const { return folder_.file("uri"); }
    bool write(const std::string& uri) const {
        std::ofstream out(file(), std::ios::trunc);
        out << uri << '\n';
        out.close();
        using enum std::filesystem::perms;
        std::filesystem::permissions(file(), owner_read | owner_write);
        return true;
    }
    temporary_folder folder_;
    std::vector<std::string> roles_;

  public:
    migrated_database database;
    const std::string role;

  private:
    const bool written_;

  public:
    server_process server;
};

// Look-ups, one after the other, until it ends.
class load {
  public:
    explicit load(const server_process& server) : thread_([this, &server] { run(server); }) {}
    ~load() { stop(); }
    int failed() const { return failed_; }
    /// The first answer that was not as it should be.
    std::string first() const {
        const std::lock_guard lock(mutex_);
        return first_;
    }
    bool goes_on() {
        const auto before = asked_.load();
        return soon([&] { return asked_ > before + 20; });
    }
    void stop() {
        stops_ = true;
        if (thread_.joinable()) thread_.join();
    }

  private:
    void run(const server_process& server) {
        auto client = server.connect();
        for (int i = 0; !stops_; ++i, ++asked_) {
            const auto told = client.ask(verify(question_of("nobodys-key-" + std::to_string(i))));
            if (code_of(told) == "NOT_FOUND") continue;
            const std::lock_guard lock(mutex_);
            if (failed_++ == 0) first_ = told.head + told.body;
        }
    }
    std::atomic<bool> stops_{false};
    std::atomic<int> failed_{0}, asked_{0};
    mutable std::mutex mutex_;
    std::string first_;
    std::thread thread_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(database_uri)

BOOST_AUTO_TEST_CASE(connections_of_before_serve_while_the_new_role_may_have_one) {
    // A busy machine may answer late: that is no gap.
    node n("backoff_max = \"100ms\"\nacquire_timeout = \"30s\"\n"
           "query_timeout = \"30s\"\n");
    const auto key = n.server.create_key(n.server.create_organization());
    BOOST_REQUIRE(gets_cached(n.server, key));
    const auto next = n.make_role();
    n.database.exec("alter role " + next + " connection limit 1");
    load lookups(n.server);
    const auto taken = n.reload_with(n.database.uri(next)); // one connection can be tried
    BOOST_REQUIRE_MESSAGE(taken.exit_code == 0, taken.err);
    BOOST_TEST(soon([&] { return n.code_of_check("database") == "DATABASE_URI_UNUSABLE"; }));
    const auto told = n.status();
    BOOST_TEST(told.find("too many connections for role") != std::string::npos, told);
    BOOST_TEST(told.find("correct database.uri and reload") != std::string::npos, told);
    BOOST_TEST(told.find(R"("reachable":true)") != std::string::npos, told);

    // Look-ups go on, and changes are heard. (Ages are integration.changed_address's.)
    BOOST_TEST(lookups.goes_on());
    BOOST_TEST(lookups.failed() == 0, lookups.first());
    BOOST_TEST(n.code_of_check("feed") == "");
    n.database.exec("update latchkey.api_keys set revoked_at = now()");
    BOOST_TEST(soon([&] { return code_of(n.server.ask(verify(question_of(key)))) == "REVOKED"; }));
    BOOST_TEST(n.code_of_check("database") == "DATABASE_URI_UNUSABLE");

    BOOST_TEST(n.server.says("degraded"));
    n.database.exec("alter role " + next + " connection limit -1");
    BOOST_TEST(soon([&] { return n.sessions_of(n.role) == "0"; }));
    BOOST_TEST(soon([&] { return n.code_of_check("database").empty(); }));
    BOOST_TEST(lookups.goes_on());
    lookups.stop();
    BOOST_TEST(lookups.failed() == 0, lookups.first());
}

BOOST_AUTO_TEST_CASE(another_database_is_refused) {
    node n;
    const auto key = n.server.create_key(n.server.create_organization());
    BOOST_REQUIRE(gets_cached(n.server, key));
    migrated_database other;
    other.exec("grant connect on database " + other.name() + " to " + n.role);
    other.exec("grant execute on all functions in schema latchkey to " + n.role);
    const auto refused = n.reload_with(other.uri(n.role));
    other.exec("drop owned by " + n.role);
    BOOST_TEST(refused.exit_code == 78);
    BOOST_TEST(refused.err.find("database.uri") != std::string::npos, refused.err);
    BOOST_TEST(refused.err.find("it is another database: restart to change it") !=
                   std::string::npos,
               refused.err);
    BOOST_TEST(gets_cached(n.server, key));
    BOOST_TEST(other.value("select count(*) from latchkey.signing_keys") == "0");
    BOOST_TEST(n.status().find("\"name\":\"" + n.database.name() + '"') != std::string::npos);
    // The same one as another role.
    BOOST_TEST(n.reload_with(n.database.uri(n.make_role())).exit_code == 0);
    BOOST_TEST(soon([&] { return n.sessions_of(n.role) == "0"; }));
}

BOOST_AUTO_TEST_CASE(a_password_with_a_slash_is_not_told) {
    node n;
    const auto refused = n.reload_with("postgresql://svc:canary/word@localhost/latchkey");
    BOOST_TEST(refused.exit_code == 78);
    BOOST_TEST(refused.err.find("canary") == std::string::npos, refused.err);
    BOOST_TEST(n.server.log().find("canary") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_right_that_is_taken_away_is_told_at_once) {
    node n("", "[log]\nlevel = \"debug\"\n[cache]\nttl = \"1s\"\n");
    const auto key = n.server.create_key(n.server.create_organization());
    BOOST_REQUIRE(gets_cached(n.server, key));
    n.database.exec("revoke pg_read_all_data from " + n.role);
    n.database.exec("grant usage on schema latchkey, public to " + n.role);
    n.database.exec("grant select on all tables in schema latchkey, public to " + n.role);
    n.database.exec("revoke select on latchkey.api_keys from " + n.role);
    BOOST_TEST(n.server.ask(verify(question_of("somebodys-key"))).status == 503);
    BOOST_TEST(n.code_of_check("database") == "DATABASE_RIGHT_MISSING");
    const auto grant = "grant select on latchkey.api_keys to " + n.role + "; latchkey doctor";
    BOOST_TEST(n.status().find(grant) != std::string::npos, n.status());
    BOOST_TEST(n.server.says(R"("status":503)"));
    const auto log = n.server.log();
    BOOST_TEST(log.find(grant, log.find(R"("status":503)")) != std::string::npos);
    // Devices are looked up as before.
    BOOST_TEST(n.server
                   .ask(post("/api/v1/auth/authenticate-device",
                             R"({"device_id":"d","device_secret":"s"})"))
                   .status == 200);
    n.database.exec("grant select on latchkey.api_keys to " + n.role);
    BOOST_TEST(soon([&] { return n.code_of_check("database").empty(); }));
    BOOST_TEST(code_of(n.server.ask(verify(question_of("somebodys-key")))) == "NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(a_reload_looks_for_findings_at_once) {
    migrated_database database;
    server_process server(database.uri(), "check_interval = \"1h\"\nconnections_max = 100\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto differs = [&] { return metric(server, "auth_findings{name=\"settings_differ\"}"); };
    BOOST_REQUIRE(soon([&] {
        return client(server.admin_socket())
                   .ask(get("/admin/v1/findings"))
                   .body.find("checked_at\":null") == std::string::npos;
    }));
    BOOST_TEST(differs() == 0);
    database.exec("insert into latchkey.nodes (instance_id, node, version, started_at, "
                  "heartbeat_at, max_staleness, settings) values (gen_random_uuid(), 'other', "
                  "(select version from latchkey.nodes), now(), now(), '1 h', "
                  "'{\"database.write_back\": \"true\"}')");
    // Without a reload it would not look again for an hour. A busy database may refuse to be looked
    // at, so it is asked more than once.
    const auto is_seen = [&](int count) {
        return soon(
            [&] { return server.command({"reload"}).exit_code == 0 && differs() == count; });
    };
    BOOST_TEST(is_seen(1));
    database.exec("delete from latchkey.nodes where node = 'other'");
    BOOST_TEST(is_seen(0));
}

BOOST_AUTO_TEST_CASE(issuers_keys_are_fetched_by_the_new_settings) {
    https_issuer issuer;
    issuer.behave({.body = R"({"keys":[],"more":")" + std::string(2000, 'x') + "\"}"});
    const auto settings = [&](const std::string& bytes) {
        return "[[issuers]]\nissuer = \"https://issuer.example\"\naudiences = \"api\"\n"
               "revocable = false\njwks_cooldown = \"1h\"\njwks_refresh = \"1h\"\n"
               "allow_private_addresses = true\njwks_url = \"" +
               issuer.url() + "\"\nca_file = \"" + issuer.ca_file() + "\"\njwks_bytes_max = \"" +
               bytes + "\"\n";
    };
    server_process server("postgresql:///none?host=/nonexistent", "", settings("1KiB"));
    BOOST_REQUIRE(server.says("more than 1024 bytes"));
    std::ifstream in(server.config());
    std::string text{std::istreambuf_iterator<char>(in), {}};
    text.replace(text.find("1KiB"), 4, "64KiB");
    std::ofstream(server.config(), std::ios::trunc) << text;
    BOOST_TEST(server.command({"reload"}).exit_code == 0);
    BOOST_TEST(server.says("publishes a set without keys"));
    BOOST_TEST(issuer.requests() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
