#include "server/settings/exposure.hpp"
#include "settings_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

using namespace latchkey::server;
using namespace latchkey::server_tests;
using settings = latchkey::server::configuration;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(precedence)

BOOST_AUTO_TEST_CASE(later_sources_win) {
    const folder here;
    configuration_sources sources;
    BOOST_TEST(load(sources).server.workers == 0u);
    sources.file = here.write("latchkey.toml", "[server]\nworkers = 2\nnode = \"of the file\"");
    BOOST_TEST(load(sources).server.workers == 2u);
    sources.environment = {{"LATCHKEY_SERVER__WORKERS", "3"}};
    BOOST_TEST(load(sources).server.workers == 3u);
    sources.flags = {{"--set", "server.workers", "4"}};
    BOOST_TEST(load(sources).server.workers == 4u);
    sources.flags.push_back({"--workers", "server.workers", "5"});
    BOOST_TEST(load(sources).server.workers == 5u);
    BOOST_TEST(load(sources).server.node == "of the file");
}

BOOST_AUTO_TEST_CASE(reads_every_kind_of_value_from_the_environment) {
    configuration_sources sources;
    sources.environment = {{"LATCHKEY_AUTH__ACCEPT_FOREIGN_KEYS", "false"},
                           {"LATCHKEY_SERVER__BODY_BYTES_MAX", "2KiB"},
                           {"LATCHKEY_SERVER__NODE", ""},
                           {"LATCHKEY_SERVER__DRAIN_TIMEOUT", "0s"},
                           {"LATCHKEY_LOG__LEVEL", "error"},
                           {"LATCHKEY_DATABASE__URI", "host=/tmp dbname=latchkey"},
                           // These are not settings.
                           {"LATCHKEY_ADMIN_SOCKET", "/tmp/x"},
                           {"LATCHKEY_BIN", "x"},
                           {"SERVER__WORKERS", "x"},
                           {"PATH", "/bin"}};
    const auto read = load(sources);
    BOOST_TEST(!read.auth.accept_foreign_keys);
    BOOST_TEST(read.http.body_bytes_max == 2048u);
    BOOST_TEST(read.server.node == "");
    BOOST_TEST(read.server.drain_timeout.count() == 0);
    BOOST_TEST((read.log.level == latchkey::core::log_level::error));
    BOOST_TEST(read.database.uri.reveal() == "host=/tmp dbname=latchkey");
    BOOST_TEST(read.admin.socket == settings{}.admin.socket);
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_in_the_environment_and_flags) {
    using pairs = std::vector<std::pair<std::string, std::string>>;
    struct {
        pairs environment;
        std::vector<given_flag> flags;
        std::string_view says;
    } const cases[] = {
        {{{"LATCHKEY_SERVER__WORKRES", "2"}},
         {},
         "LATCHKEY_SERVER__WORKRES: no such setting; did you mean LATCHKEY_SERVER__WORKERS?"},
        {{{"LATCHKEY_server__workers", "2"}}, {}, "LATCHKEY_server__workers: no such setting"},
        {{{"LATCHKEY_SERVER__WORKERS", "two"}},
         {},
         "LATCHKEY_SERVER__WORKERS: \"two\" is no integer; expected an integer from 0 to 1024"},
        {{{"LATCHKEY_SERVER__WORKERS", ""}},
         {},
         "LATCHKEY_SERVER__WORKERS: \"\" is empty; expected an integer from 0 to 1024"},
        {{{"LATCHKEY_AUTH__ACCEPT_FOREIGN_KEYS", "yes"}},
         {},
         "LATCHKEY_AUTH__ACCEPT_FOREIGN_KEYS: \"yes\" is no boolean; expected true or false"},
        {{{"LATCHKEY_SERVER__WORKERS", "2"}, {"LATCHKEY_SERVER__WORKERS_FILE", "/dev/null"}},
         {},
         "LATCHKEY_SERVER__WORKERS and LATCHKEY_SERVER__WORKERS_FILE: both are set; expected one "
         "of "
         "them"},
        {{{"LATCHKEY_DATABASE__URI_FILE", "/nowhere/uri"}},
         {},
         "LATCHKEY_DATABASE__URI_FILE: the file \"/nowhere/uri\" cannot be read: No such file or "
         "directory"},
        {{{"LATCHKEY_SERVER__WORKERS_FILE", "/dev/null"}},
         {},
         "LATCHKEY_SERVER__WORKERS_FILE: \"\" is empty; expected an integer from 0 to 1024"},
        {{},
         {{"--workers", "server.workers", "-2"}},
         "--workers: \"-2\" is out of range; expected an integer from 0 to 1024"},
        {{},
         {{"--set", "server.workers", "x"}},
         "--set server.workers: \"x\" is no integer; expected an integer from 0 to 1024"},
        {{},
         {{"--set", "servr.workers", "x"}},
         "--set servr.workers: no such setting; did you mean server.workers?"},
        {{},
         {{"--set", "database.uri", "postgresql://canary@h/d"}},
         "--set database.uri: every user of this machine sees a command line; expected the secret "
         "in the environment as LATCHKEY_DATABASE__URI_FILE, or in the file"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.says) {
            configuration_sources sources;
            sources.environment = c.environment;
            sources.flags = c.flags;
            BOOST_TEST(mistakes_in(sources) == c.says);
        }
}

BOOST_AUTO_TEST_CASE(reads_a_value_from_the_file_that_a_variable_names) {
    const folder here;
    struct {
        std::string_view content;
        std::string_view value;
    } const cases[] = {{"dbname=b", "dbname=b"},
                       {"dbname=b\n", "dbname=b"},
                       {"dbname=b ", "dbname=b "},
                       {" dbname=b", " dbname=b"}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.content) {
            configuration_sources sources;
            sources.environment = {{"LATCHKEY_DATABASE__URI_FILE", here.write("uri", c.content)}};
            BOOST_TEST(load(sources).database.uri.reveal() == c.value);
        }
    configuration_sources sources;
    sources.environment = {{"LATCHKEY_DATABASE__URI_FILE", here.write("uri", "dbname=b\n\n")}};
    BOOST_TEST(mistakes_in(sources).find("holds a control character") != std::string::npos);
    sources.environment = {
        {"LATCHKEY_DATABASE__URI_FILE", here.write("uri", std::string(65537, 'x'))}};
    BOOST_TEST(mistakes_in(sources).find("is larger than 65536 bytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(reads_secrets_from_systemd_credentials) {
    const folder here;
    configuration_sources sources;
    sources.file = here.write("latchkey.toml", "[database]\nuri = \"dbname=file\"");
    sources.environment = {{"CREDENTIALS_DIRECTORY", here.path()}};
    BOOST_TEST(load(sources).database.uri.reveal() == "dbname=file");

    here.write("database.uri", "dbname=credential\n");
    here.write("server.workers", "3"); // not a secret setting, so credentials are not read for it
    BOOST_TEST(load(sources).database.uri.reveal() == "dbname=credential");
    BOOST_TEST(load(sources).server.workers == 0u);

    sources.environment.emplace_back("LATCHKEY_DATABASE__URI", "dbname=variable");
    BOOST_TEST(load(sources).database.uri.reveal() == "dbname=variable");

    sources.environment.pop_back();
    here.write("database.uri", "canary");
    BOOST_TEST(mistakes_in(sources) ==
               "credential database.uri: its value (not shown here) is not well formed; expected a "
               "PostgreSQL URI (postgresql://...) or key=value text; in a URI, % / @ : and ? of a "
               "password are percent-encoded");
    fs::remove(here.path() + "/database.uri");
    fs::create_directory(here.path() + "/database.uri");
    BOOST_TEST(mistakes_in(sources).find("Is a directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(never_shows_a_secret) {
    const folder here;
    const auto wrong = here.write("uri", "canary");
    struct {
        std::string_view toml;
        std::vector<std::pair<std::string, std::string>> environment;
        std::vector<given_flag> flags;
    } const cases[] = {
        {"[database]\nuri = \"canary\"", {}, {}},
        {"[database]\nuri = canary", {}, {}},
        {"[database]\nuri = \"postgresql://u:canary@h\nx", {}, {}},
        {"[database]\nuri = \"postgresql://u:\\canary@h\"", {}, {}},
        {"[database]\nuri = 12canary", {}, {}},
        {"[database]\nuri = \"a=b\" canary", {}, {}},
        {"[database]\nuri = [\"canary\"]", {}, {}},
        {"[database]\nuri = { canary = \"canary\" }", {}, {}},
        {"[database]\nuri = \"a=canary\\n\"", {}, {}},
        {"", {{"LATCHKEY_DATABASE__URI", "canary"}}, {}},
        {"", {{"LATCHKEY_DATABASE__URI", "a=canary\n"}}, {}},
        {"", {{"LATCHKEY_DATABASE__URI_FILE", wrong}}, {}},
        {"", {}, {{"--set", "database.uri", "a=canary"}}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(&c - cases) {
            configuration_sources sources;
            sources.file = here.write("latchkey.toml", c.toml);
            sources.environment = c.environment;
            sources.flags = c.flags;
            const auto told = mistakes_in(sources);
            BOOST_TEST(!told.empty());
            BOOST_TEST(told.find("canary") == std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(one_underscore_is_a_slip_and_is_told) {
    configuration_sources sources;
    sources.environment = {{"LATCHKEY_SERVER_LISTEN", "127.0.0.1:1"},
                           {"LATCHKEY_DATABASE_URI_FILE", "/nowhere"},
                           {"LATCHKEY_CACHE_TTL", "nonsense"},
                           {"LATCHKEY_ADMIN_SOCKET", "/run/a.sock"}, // the commands read it
                           {"LATCHKEY_BIN", "/usr/bin/latchkey"},
                           {"LATCHKEY_SERVER__WORKERS", "2"}};
    const auto read = load_configuration(sources);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->server.listen == configuration().server.listen);
    const std::pair<std::string, std::string> expected[] = {
        {"LATCHKEY_SERVER_LISTEN", "LATCHKEY_SERVER__LISTEN"},
        {"LATCHKEY_DATABASE_URI_FILE", "LATCHKEY_DATABASE__URI_FILE"},
        {"LATCHKEY_CACHE_TTL", "LATCHKEY_CACHE__TTL"}};
    BOOST_REQUIRE(read->unheeded.size() == std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        BOOST_TEST(read->unheeded[i].name == expected[i].first);
        BOOST_TEST(read->unheeded[i].mend == "write " + expected[i].second + ", or remove it");
    }
    const auto told = find_exposures(*read, "127.0.0.1:8080", {});
    BOOST_REQUIRE(told.size() == 3u);
    BOOST_TEST(told[0].what.find("LATCHKEY_SERVER_LISTEN has no effect") != std::string::npos);
    BOOST_TEST(told[0].mend.find("LATCHKEY_SERVER__LISTEN") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wipes_secrets_from_the_environment) {
    ::setenv("LATCHKEY_DATABASE__URI", "dbname=canary", 1);
    ::setenv("LATCHKEY_SERVER__NODE", "stays", 1);
    wipe_secret_variables();
    BOOST_TEST(std::string(::getenv("LATCHKEY_DATABASE__URI")) == "");
    BOOST_TEST(std::string(::getenv("LATCHKEY_SERVER__NODE")) == "stays");
    ::unsetenv("LATCHKEY_DATABASE__URI");
    ::unsetenv("LATCHKEY_SERVER__NODE");
}

BOOST_AUTO_TEST_SUITE_END()
