// `latchkey setup` against a PostgreSQL where nothing is there yet, in folders of the test. Whether
// the units start is tested in tests/package/life, with a systemd.
#include "setup_machine.hpp"

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(setup)

BOOST_FIXTURE_TEST_CASE(a_dry_run_says_all_and_does_nothing, machine) {
    const auto told = set_up({"--dry-run", "--json"});
    BOOST_TEST(told.exit_code == 0, told.err);
    BOOST_TEST(states_of(told) ==
               "database:to_do schema:to_do rights:to_do key:to_do enable:to_do start:left");
    BOOST_TEST(told.out.find("create database") != std::string::npos);
    BOOST_TEST(!has_database());
    BOOST_TEST(!std::filesystem::exists(folder.file("etc")));
}

BOOST_FIXTURE_TEST_CASE(without_a_terminal_and_without_yes_nothing_is_done, machine) {
    const auto refused = set_up({});
    BOOST_TEST(refused.exit_code == 64);
    BOOST_TEST(refused.err.find("--yes") != std::string::npos, refused.err);
    BOOST_TEST(!has_database());
    BOOST_TEST(!std::filesystem::exists(folder.file("etc")));
}

BOOST_FIXTURE_TEST_CASE(it_makes_all_that_a_server_needs_and_the_second_time_nothing, machine) {
    const auto done = set_up({"--yes", "--json"});
    BOOST_TEST(done.exit_code == 0, done.err);
    BOOST_TEST(states_of(done) == "database:changed schema:changed rights:changed key:changed "
                                  "enable:changed start:left");
    BOOST_TEST(mode_of(key()) == 0600);
    BOOST_TEST(mode_of(folder.file("etc/latchkey")) == 0755);
    const auto secret = contents(key());
    BOOST_TEST(secret.size() == 65U);
    BOOST_TEST((done.out + done.err).find(secret.substr(0, 64)) == std::string::npos);
    for (const auto* unit : {"latchkey.service", "latchkey@.service"}) {
        const auto lines = contents(drop_in(unit));
        BOOST_TEST(lines.find("LoadCredential=key-encryption-key:/etc/latchkey/") != lines.npos);
        BOOST_TEST(lines.find("KEY_ENCRYPTION_KEY_FILE=credential:") != lines.npos);
    }
    const auto wants = folder.file("etc/systemd/system/");
    BOOST_TEST(std::filesystem::is_symlink(wants + "sockets.target.wants/latchkey.socket"));
    BOOST_TEST(std::filesystem::is_symlink(wants + "multi-user.target.wants/latchkey.service"));

    const auto again = set_up({"--yes", "--json"});
    BOOST_TEST(states_of(again) ==
               "database:done schema:done rights:done key:done enable:done start:left");
    BOOST_TEST(contents(key()) == secret);

    // The role has what a server needs, and is no more than a role.
    session owner(with_name(server_uri(), name, name));
    BOOST_TEST(owner.value("select rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or"
                           " rolreplication from pg_roles where rolname = current_user") == "f");
    BOOST_TEST(owner.sqlstate_of("create table public.mine ()") == "42501");
    BOOST_TEST(owner.sqlstate_of("create table latchkey.mine ()") == "42501");
    BOOST_TEST(owner.sqlstate_of("delete from latchkey.audit_events") == "42501");
    BOOST_TEST(owner.sqlstate_of("delete from public.organizations") == "42501");
    const auto looked = run({latchkey_binary(), "doctor", "--json", "--set", "admin.socket=/none"},
                            {"LATCHKEY_DATABASE__URI=" + uri()});
    BOOST_TEST(looked.out.find("right_missing") == std::string::npos, looked.out);
    server_process server(uri(), "", "[tokens]\nkey_encryption_key_file = \"" + key() + "\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key_of_acme = server.create_key(server.create_organization());
    BOOST_TEST(gets_cached(server, key_of_acme));
}

BOOST_FIXTURE_TEST_CASE(a_missing_right_is_mended_and_nothing_else, machine) {
    BOOST_TEST(set_up({"schema", "--yes"}).exit_code == 69); // there is no database yet
    BOOST_REQUIRE(set_up({"database", "--yes"}).exit_code == 0);
    BOOST_REQUIRE(set_up({"schema", "--yes"}).exit_code == 0);
    session(superuser_uri()).exec("revoke delete on latchkey.changes from " + name);
    const auto mended = set_up({"schema", "--yes", "--json"});
    BOOST_TEST(states_of(mended) == "schema:done rights:changed");
    BOOST_TEST(mended.out.find("grant delete on latchkey.changes") != std::string::npos);
    BOOST_TEST(!std::filesystem::exists(folder.file("etc")));
}

// Whoever runs without the socket goes on so: its addresses would replace server.listen.
BOOST_FIXTURE_TEST_CASE(a_socket_that_listens_elsewhere_is_not_enabled, machine) {
    const auto enabled = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"service", "--dry-run", "--json"});
        const auto told = set_up(words);
        BOOST_TEST(told.exit_code == 0, told.err);
        return states_of(told);
    };
    BOOST_TEST(enabled({}) == "enable:to_do start:left");
    const std::vector<std::string> elsewhere = {"--set",
                                                "server.listen=127.0.0.1:8080, unix:/run/a"};
    BOOST_TEST(enabled(elsewhere) == "enable:left start:left");
    const auto units = folder.file("etc/systemd/system/");
    std::filesystem::create_directories(units + "latchkey.socket.d");
    std::ofstream(units + "latchkey.socket.d/a.conf") << "[Socket]\nListenStream=/run/a\n";
    BOOST_TEST(enabled(elsewhere) == "enable:to_do start:left");
    std::ofstream(units + "latchkey.socket.d/b.conf") << "[Socket]\nListenStream=\n";
    BOOST_TEST(enabled({}) == "enable:left start:left");
    std::filesystem::remove_all(units + "latchkey.socket.d");
    std::filesystem::create_symlink("/dev/null", units + "latchkey.socket");
    BOOST_TEST(enabled({}) == "enable:left start:left");
    std::filesystem::remove(units + "latchkey.socket");
    std::filesystem::create_directories(units + "multi-user.target.wants");
    std::filesystem::create_symlink("/usr/lib/systemd/system/latchkey.service",
                                    units + "multi-user.target.wants/latchkey.service");
    BOOST_TEST(enabled({}) == "enable:left start:left");
}

BOOST_FIXTURE_TEST_CASE(a_uri_in_a_file_of_its_own_is_handed_on, machine) {
    std::filesystem::create_directories(folder.file("etc/latchkey"));
    const auto file = folder.file("etc/latchkey/database.uri");
    std::ofstream(file) << uri();
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    const auto set_up_service = [&] {
        return states_of(run({latchkey_binary(), "setup", "service", "--yes", "--json", "--root",
                              folder.file(""), "--set", "admin.socket=/none"},
                             {"PATH=/usr/bin:/bin"}));
    };
    BOOST_TEST(set_up_service() == "uri:changed enable:changed start:left");
    BOOST_TEST(contents(folder.file("etc/systemd/system/latchkey.service.d/database-uri.conf"))
                   .find("\nLoadCredential=database.uri:/etc/latchkey/database.uri\n") !=
               std::string::npos);
    BOOST_TEST(set_up_service() == "uri:done enable:done start:left");
}

BOOST_AUTO_TEST_CASE(a_database_elsewhere_needs_an_administrator_there) {
    const temporary_folder folder;
    const auto refused =
        run({latchkey_binary(), "setup", "database", "--yes", "--root", folder.file("")},
            {"LATCHKEY_DATABASE__URI=postgresql://latchkey@db.example/latchkey"});
    BOOST_TEST(refused.exit_code == (::geteuid() == 0 ? 78 : 77));
    if (::geteuid() != 0) return;
    BOOST_TEST(refused.err.find("--admin-uri") != std::string::npos);
    // The unit hands such a file to the service as a credential.
    std::filesystem::create_directories(folder.file("etc/latchkey"));
    std::ofstream(folder.file("etc/latchkey/database.uri"))
        << "postgresql://latchkey@db.example/latchkey";
    const auto too =
        run({latchkey_binary(), "setup", "database", "--yes", "--root", folder.file("")});
    BOOST_TEST(too.exit_code == 78);
    BOOST_TEST(too.err.find("--admin-uri") != std::string::npos, too.err);
}

BOOST_AUTO_TEST_SUITE_END()
