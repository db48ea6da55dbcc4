// Files and connections that a configuration leaves open to others: the start refuses them, or
// warns.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <sys/stat.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

boost::json::array warnings_of(const server_process& node) {
    const auto done = node.command({"status", "--json"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    return boost::json::parse(done.out).at("warnings").as_array();
}

} // namespace

BOOST_AUTO_TEST_SUITE(open_doors)

BOOST_AUTO_TEST_CASE(a_secret_that_everybody_may_read_keeps_the_server_from_starting) {
    const temporary_folder folder;
    const auto file = folder.file("kek");
    const auto config = folder.file("latchkey.toml");
    std::ofstream(file) << std::string(64, 'a');
    BOOST_REQUIRE(::chmod(file.c_str(), 0644) == 0);
    const auto socket = folder.file("admin.sock");
    std::ofstream(config) << "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nsocket = \"" << socket
                          << "\"\n[tokens]\nkey_encryption_key_file = \"" << file << "\"\n";
    for (const char* command : {"check-config", "serve"}) {
        const auto end = run({latchkey_binary(), command, "--config", config});
        BOOST_TEST(end.exit_code == 77);
        BOOST_TEST(end.err.find("chmod o= '" + file + "'") != std::string::npos, end.err);
    }
    const auto allowed = run({latchkey_binary(), "check-config", "--config", config, "--set",
                              "server.world_readable_secrets=true"});
    BOOST_TEST(allowed.exit_code == 0);
    BOOST_TEST(allowed.err.find("warning: tokens.key_encryption_key_file") != std::string::npos,
               allowed.err);
    BOOST_REQUIRE(::chmod(file.c_str(), 0640) == 0);
    const auto mended = run({latchkey_binary(), "check-config", "--config", config, "--json"});
    BOOST_TEST(mended.exit_code == 0);
    const auto report = boost::json::parse(mended.out);
    BOOST_TEST(report.at("ok").as_bool());
    BOOST_TEST(report.at("warnings").as_array().empty());
}

// A file's mode does not end a running server: it goes on, and warns until the mode is corrected.
BOOST_AUTO_TEST_CASE(a_reload_tells_of_it) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto file = nodes.folder.file("kek");
    BOOST_TEST(warnings_of(*node).empty());
    BOOST_REQUIRE(::chmod(file.c_str(), 0644) == 0);
    BOOST_TEST(node->command({"reload"}).exit_code == 0);
    BOOST_TEST(node->says("chmod o= '" + file + "'"));
    BOOST_TEST(warnings_of(*node).size() == 1u);
    BOOST_REQUIRE(::chmod(file.c_str(), 0600) == 0);
    BOOST_TEST(node->command({"reload"}).exit_code == 0);
    BOOST_TEST(warnings_of(*node).empty());
}

// Text from a database or a file is shown on a terminal.
BOOST_AUTO_TEST_CASE(a_terminal_gets_nothing_that_it_would_obey) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("org");
    database.exec("insert into public.device_credentials (device_id, device_secret, "
                  "organization_id, status) values ('d', 'sha256:' || repeat('0', 64), 'org', "
                  "'active' || U&'\\009b' || '2J' || U&'\\202e' || E'\\x1b[2J')");
    for (const auto& words : {std::vector<std::string>{"device", "list"},
                              {"device", "list", "--json"},
                              {"device", "show", "d"},
                              {"device", "show", "d", "--json"},
                              {"device", "show",
                               "\xc2\x9b"
                               "2J\xe2\x80\xae"}}) {
        const auto done = server.command(words);
        const auto shown = done.out + done.err;
        for (const char* obeyed : {"\x1b", "\xc2\x9b", "\xe2\x80\xae"})
            BOOST_TEST(shown.find(obeyed) == std::string::npos, shown);
        BOOST_TEST(shown.find("\\u009b2J\\u202e") != std::string::npos, shown);
    }
}

BOOST_AUTO_TEST_SUITE_END()
