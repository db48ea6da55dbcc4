// `latchkey doctor` against injected faults, and what the server says of the same.
#include "cached_keys.hpp"
#include "faulty_proxy.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

using namespace latchkey::test;

namespace {

struct patient {
    migrated_database database;
    temporary_folder folder;

    std::string write(const std::string& toml, const std::string& uri) {
        const auto path = folder.file("latchkey.toml");
        std::ofstream(path)
            << "[server]\nlisten = \"127.0.0.1:0\"\nconnections_max = 100\n[database]\nuri = \""
            << uri << "\"\n"
            << toml;
        return path;
    }
    // "exit code: names", each name once.
    std::string look(const std::string& toml = {}, const std::string& uri = {}) {
        const auto path = write(toml, uri.empty() ? database.uri() : uri);
        const auto done =
            run({latchkey_binary(), "doctor", "--config", path, "--json"}, {"HOME=/nowhere"});
        last = done;
        std::string out = std::to_string(done.exit_code) + ':';
        const auto told = boost::json::parse(done.out).as_object();
        std::vector<std::string> names;
        for (const auto& one : told.at("findings").as_array())
            names.emplace_back(one.at("name").as_string());
        std::ranges::sort(names);
        names.erase(std::unique(names.begin(), names.end()), names.end());
        for (const auto& name : names)
            out += ' ' + name;
        return out;
    }
    std::string file(const std::string& name, const std::string& text) {
        const auto path = folder.file(name);
        std::ofstream(path) << text;
        std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                               std::filesystem::perms::owner_write);
        return path;
    }
    outcome last;
};

const std::string key = "[tokens]\nkey_encryption_key_file = ";

} // namespace

BOOST_AUTO_TEST_SUITE(doctor)

BOOST_AUTO_TEST_CASE(a_healthy_node_has_no_findings) {
    patient p;
    const auto kek = p.file("kek", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    const auto toml = key + '"' + kek + "\"\n";
    BOOST_TEST(p.look(toml) == "0:", p.last.out);
    const auto shown =
        run({latchkey_binary(), "doctor", "--config", p.write(toml, p.database.uri())});
    BOOST_TEST(shown.exit_code == 0);
    BOOST_TEST(shown.err.find("direct, role ") != std::string::npos, shown.err);
    BOOST_TEST(shown.err.find("nothing found") != std::string::npos);
    BOOST_TEST(shown.err.find("OAuth metadata: none, since tokens.issuer is \"latchkey\", which is "
                              "no https URL\n") != std::string::npos,
               shown.err);
}

BOOST_AUTO_TEST_CASE(each_fault_is_named_with_its_mend) {
    patient p;
    const auto kek = p.file("kek", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    const auto good = key + '"' + kek + "\"\n";

    // The configuration.
    BOOST_TEST(p.look("[server") == "78: configuration_invalid");
    BOOST_TEST(p.look() == "0: no_key_encryption_key");
    BOOST_TEST(p.look(key + "\"/nowhere/kek\"\n") == "78: key_encryption_key_unusable");
    std::filesystem::permissions(kek, std::filesystem::perms(0644));
    BOOST_TEST(p.look(good) == "78: secret_exposed", p.last.out);
    std::filesystem::permissions(kek, std::filesystem::perms(0600));
    BOOST_TEST(
        p.look(good + "[tls]\ncertificate_file = \"/nowhere/c\"\nkey_file = \"/nowhere/k\"\n") ==
        "78: certificate_unusable");
    BOOST_TEST(p.look(good + "[[issuers]]\nissuer = \"https://idp\"\naudiences = \"a\"\n"
                             "jwks_url = \"https://127.0.0.1:9/jwks\"\n"
                             "allow_private_addresses = true\n") == "69: issuer_unreachable",
               p.last.out);

    // The database.
    BOOST_TEST(p.look(good, "postgresql://nobody@127.0.0.1:9/none") == "69: database_unreachable");
    test_database empty;
    BOOST_TEST(p.look(good, empty.uri()) == "78: schema_differs");
    const auto role = p.database.make_role();
    BOOST_TEST(p.look(good, p.database.uri(role)) == "78: right_missing");
    p.database.exec("grant usage on schema public, latchkey to " + role);
    BOOST_TEST(p.look(good, p.database.uri(role)) == "78: right_missing");
    BOOST_TEST(p.last.out.find("grant delete on latchkey.nodes to " + role + ";") !=
                   std::string::npos,
               p.last.out);
    // What the grants say is enough, and not before.
    const auto told = boost::json::parse(p.last.out).as_object();
    for (const auto& one : told.at("findings").as_array())
        p.database.exec(std::string(one.at("mend").as_string()));
    BOOST_TEST(p.look(good, p.database.uri(role)) == "0:", p.last.out);

    p.database.exec("alter table public.device_credentials enable row level security;"
                    "alter table public.device_credentials force row level security");
    BOOST_TEST(p.look(good, p.database.uri(role)) == "78: row_level_security", p.last.out);
    p.database.exec("alter table public.device_credentials disable row level security;"
                    "alter table public.device_credentials no force row level security");
    p.database.exec("alter table latchkey.api_keys disable trigger latchkey_feed_insert");
    BOOST_TEST(p.look(good) == "78: triggers_missing", p.last.out);
    BOOST_TEST(p.last.out.find("latchkey_feed_insert") != std::string::npos);
    p.database.exec("alter table latchkey.api_keys enable trigger latchkey_feed_insert");

    // Its signing keys, and the other nodes.
    p.database.exec("insert into latchkey.signing_keys (key_id, algorithm, state, public_jwk, "
                    "sealed, kek_id, activated_at) values ('k', 'HS256', 'current', null, 'x', "
                    "'other', now())");
    BOOST_TEST(p.look(good) == "78: signing_key_sealed", p.last.out);
    p.database.exec("delete from latchkey.signing_keys");
    p.database.exec("insert into latchkey.nodes (instance_id, node, version, started_at, "
                    "heartbeat_at, max_staleness, settings) values (gen_random_uuid(), 'other', "
                    "'0.0.1', now(), now(), '60 s', '{\"tokens.issuer\": \"\\\"elsewhere\\\"\"}')");
    BOOST_TEST(p.look(good) == "78: settings_differ versions_differ", p.last.out);
}

BOOST_AUTO_TEST_CASE(the_server_finds_the_same_by_itself) {
    migrated_database database;
    server_process server(database.uri(), "check_interval = \"1s\"\nconnections_max = 100\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto names = [&] {
        const auto told = client(server.admin_socket()).ask(get("/admin/v1/findings")).json();
        std::string out;
        for (const auto& one : told.at("findings").as_array())
            out += std::string(one.at("name").as_string()) + ' ';
        return out;
    };
    BOOST_TEST(soon([&] { return names().find("no_key_encryption_key ") != std::string::npos; }),
               names());
    const auto health = [&] {
        const auto told = server.ask(get("/health")).json();
        return told.at("checks").as_object().at("findings").as_object();
    };
    const auto status = [&] { return std::string(health().at("status").as_string()); };
    BOOST_TEST(status() == "ok");
    BOOST_TEST(health().at("counts").as_object().at("no_key_encryption_key").as_int64() == 1);
    BOOST_TEST(metric(server, "auth_findings{name=\"no_key_encryption_key\"}") == 1);
    BOOST_TEST(metric(server, "auth_findings{name=\"right_missing\"}") == 0);

    // Its settings are told to the other nodes.
    BOOST_TEST(database.value("select settings ->> 'tokens.issuer' from latchkey.nodes") ==
               "\"latchkey\"");
    database.exec("insert into latchkey.nodes (instance_id, node, version, started_at, "
                  "heartbeat_at, max_staleness, settings) values (gen_random_uuid(), 'other', "
                  "(select version from latchkey.nodes), now(), now(), '1 h', "
                  "'{\"database.write_back\": \"true\"}')");
    BOOST_TEST(
        soon([&] { return metric(server, "auth_findings{name=\"settings_differ\"}") == 1; }));
    BOOST_TEST(status() == "failing");
    BOOST_TEST(server.says("database.write_back is false here and true on the node other"));
    database.exec("delete from latchkey.nodes where node = 'other'");
    BOOST_TEST(soon([&] { return status() == "ok"; }));
}

BOOST_AUTO_TEST_CASE(a_database_that_does_not_answer_is_named_and_delays_no_end) {
    migrated_database database;
    const auto direct = database.value("show unix_socket_directories");
    faulty_proxy proxy(direct + "/.s.PGSQL.5432");
    auto through = database.uri();
    for (auto at = through.find(direct); at != std::string::npos; at = through.find(direct))
        through.replace(at, direct.size(), proxy.folder());
    server_process server(through, "check_interval = \"1s\"\nconnections_max = 100\n", {}, {},
                          "connect_timeout = \"500ms\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    proxy.stall();
    BOOST_TEST(
        soon([&] { return metric(server, "auth_findings{name=\"database_unreachable\"}") == 1; }));
    server.signal(SIGTERM);
    BOOST_TEST(server.wait_for_exit(std::chrono::seconds(10)) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
