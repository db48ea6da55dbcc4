#include "settings_folder.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::server;
using namespace latchkey::server_tests;
using settings = latchkey::server::configuration;

namespace {

const std::string places_expected =
    "host:port, [IPv6]:port or unix:/path, each once, separated by commas, such as "
    "\"127.0.0.1:8080, unix:/run/latchkey/api.sock\"";

} // namespace

BOOST_AUTO_TEST_SUITE(configuration)

BOOST_AUTO_TEST_CASE(reads_every_kind_of_value) {
    const folder here;
    configuration_sources sources;
    sources.file = here.write("latchkey.toml", R"(
server.listen = "[::1]:0"

[database]
uri = "postgresql://someone:password@db/latchkey"
connections = 7
recycle = "10m"
acquire_timeout = "75ms"
prepared_statements = false
[http]
)");
    BOOST_TEST(mistakes_in(sources) == "FILE:10: [http]: no such section");
    sources.file = here.write("latchkey.toml", R"(
server.listen = "[::1]:0"
server.body_bytes_max = 32768

[database]
uri = "postgresql://someone:password@db/latchkey"
connections = 7
recycle = "10m"
acquire_timeout = "75ms"
prepared_statements = false

[server]
header_bytes_max = "8KiB"

[log]
level = "debug"
format = "json"
)");
    BOOST_TEST(
        mistakes_in(sources) ==
        "FILE:12: not TOML at column 1: parsing table header: cannot redefine existing table "
        "'server'");
    sources.file = here.write("latchkey.toml", R"(
[server]
listen = "[::1]:0"
body_bytes_max = 32768
header_bytes_max = "8KiB"
[database]
uri = "postgresql://someone:password@db/latchkey"
connections = 7
recycle = "10m"
acquire_timeout = "75ms"
prepared_statements = false
[log]
level = "debug"
format = "json"
)");
    const auto read = load(sources);
    BOOST_TEST(read.server.listen == "[::1]:0");
    BOOST_TEST(read.http.body_bytes_max == 32768u);
    BOOST_TEST(read.http.header_bytes_max == 8192u);
    BOOST_TEST(read.database.uri.reveal() == "postgresql://someone:password@db/latchkey");
    BOOST_TEST(read.database.connections == 7u);
    BOOST_TEST(read.database.recycle.count() == 600);
    BOOST_TEST(read.database.acquire_timeout.count() == 75);
    BOOST_TEST(!read.database.prepared_statements);
    BOOST_TEST((read.log.level == latchkey::core::log_level::debug));
    BOOST_TEST((read.log.format == log_format::json));
    BOOST_TEST(read.admin.socket == settings{}.admin.socket);
}

BOOST_AUTO_TEST_CASE(reads_a_section_within_a_section) {
    const folder here;
    configuration_sources sources;
    sources.file = here.write("latchkey.toml", R"(
[database]
connections = 7
[database.legacy]
organizations = "app.Tenants"
organization_id = "Org Id"
)");
    sources.environment = {{"LATCHKEY_DATABASE__LEGACY__DEVICE_ID", "serial"}};
    const auto read = load(sources);
    BOOST_TEST(read.database.connections == 7u);
    BOOST_TEST(read.database.legacy.organizations == "app.Tenants");
    BOOST_TEST(read.database.legacy.organization_id == "Org Id");
    BOOST_TEST(read.database.legacy.device_id == "serial");
    BOOST_TEST(read.database.legacy.device_secret == "");

    BOOST_TEST(mistakes_in("[database.legacy]\norganisation_id = \"id\"\n") ==
               "FILE:2: database.legacy.organisation_id: no such setting; did you mean "
               "database.legacy.organization_id?");
    BOOST_TEST(mistakes_in("[database.legacy]\napi_keys = \"it's\"\n") ==
               "FILE:2: database.legacy.api_keys: \"it's\" is not well formed; expected a column's "
               "name of "
               "letters, digits, blanks, \"_\" and \"-\"");
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_in_a_file_and_where) {
    struct {
        std::string_view toml;
        std::string says;
    } const cases[] = {
        {"[server]\n\nworkres = 2",
         "FILE:3: server.workres: no such setting; did you mean server.workers?"},
        {"[servr]\nworkers = 2", "FILE:1: [servr]: no such section; did you mean [server]?"},
        {"[servr.x]\ny = 2", "FILE:1: [servr]: no such section; did you mean [server]?"},
        {"[[server]]\nworkers = 2", "FILE:1: server: is an array; expected a section [server]"},
        {"[[issuer]]\nurl = 2", "FILE:1: [issuer]: no such section; did you mean [[issuers]]?"},
        {"server = 2", "FILE:1: server: is an integer; expected a section [server]"},
        {"workers = 2",
         "FILE:1: workers: no such setting outside of a section; did you mean server.workers?"},
        {"# one\n[database]\nworkers = 2",
         "FILE:3: database.workers: no such setting; did you mean server.workers?"},
        {"[rate_limits]\nttl = \"300s\"",
         "FILE:1: [rate_limits]: no such section; did you mean [rate_limit]?"},
        {"[server]\nworkers = \"2\"",
         "FILE:2: server.workers: is a string; expected an integer from 0 to 1024"},
        {"[server]\nworkers = 2.0",
         "FILE:2: server.workers: is a number with a fraction; expected an integer from 0 to 1024"},
        {"[server]\nworkers = true",
         "FILE:2: server.workers: is a boolean; expected an integer from 0 to 1024"},
        {"[server]\nworkers = [2]",
         "FILE:2: server.workers: is an array; expected an integer from 0 to 1024"},
        {"[server]\nworkers = 2027-01-01",
         "FILE:2: server.workers: is a date or a time; expected an integer from 0 to 1024"},
        {"[server.workers]\nx = 2",
         "FILE:1: server.workers: is a table; expected an integer from 0 to 1024"},
        {"[server]\nworkers = 1025",
         "FILE:2: server.workers: \"1025\" is out of range; expected an integer from 0 to 1024"},
        {"[server]\nworkers = -1",
         "FILE:2: server.workers: \"-1\" is out of range; expected an integer from 0 to 1024"},
        {"[server]\nlisten = 8080",
         "FILE:2: server.listen: is an integer; expected " + places_expected},
        {"[server]\nlisten = \"8080\"",
         "FILE:2: server.listen: \"8080\" is not well formed; expected " + places_expected},
        {"[server]\nlisten = \"127.0.0.1:80, unix:relative\"",
         "FILE:2: server.listen: \"127.0.0.1:80, unix:relative\" is not well formed; expected " +
             places_expected},
        {"[server]\nsocket_mode = \"rw-rw----\"", "FILE:2: server.socket_mode: \"rw-rw----\" is "
                                                  "not well formed; expected three octal digits, "
                                                  "perhaps behind a 0, such as \"0660\""},
        {"[server]\nidle_timeout = 75",
         "FILE:2: server.idle_timeout: \"75\" has no unit (ms, s, m, "
         "h or d); expected a duration from 1s to 1h, such as "
         "\"75s\""},
        {"[server]\nidle_timeout = \"2h\"", "FILE:2: server.idle_timeout: \"2h\" is out of range; "
                                            "expected a duration from 1s to 1h, such as \"75s\""},
        {"[server]\nidle_timeout = 75s",
         "FILE:2: not TOML at column 18: parsing decimal integer: expected digit, saw 's'; texts, "
         "durations and sizes need quotes"},
        {"[server]\nbody_bytes_max = \"64KB\"",
         "FILE:2: server.body_bytes_max: \"64KB\" has an unknown unit (the units are B, KiB, MiB "
         "and GiB); expected a size from 1KiB to 16MiB, such as \"64KiB\""},
        {"[auth]\naccept_foreign_keys = \"no\"",
         "FILE:2: auth.accept_foreign_keys: is a string; expected true or false"},
        {"[auth]\naccept_foreign_keys = 1",
         "FILE:2: auth.accept_foreign_keys: is an integer; expected true or false"},
        {"[log]\nlevel = \"inof\"",
         "FILE:2: log.level: \"inof\" is not known (did you mean \"info\"?); expected one of "
         "\"debug\", \"info\", \"warning\" or \"error\""},
        {"[log]\nlevel = 3",
         "FILE:2: log.level: is an integer; expected one of \"debug\", \"info\", \"warning\" or "
         "\"error\""},
        {"[admin]\nsocket = \"\"",
         "FILE:2: admin.socket: is empty; expected a path of 1 to 107 bytes"},
        {"[server]\n\"a\\nb\" = 1", "FILE:2: server.a?b: no such setting"},
        {"[admin]\nsocket = \"a\\u0000b\"", "FILE:2: admin.socket: \"a?b\" holds a control "
                                            "character; expected a path of 1 to 107 bytes"},
        {"[database]\nrecycle = \"10500ms\"",
         "FILE:2: database.recycle: \"10500ms\" is too fine; expected whole seconds"},
        {"[server]\nworkers = 2\nworkers = 3",
         "FILE:3: not TOML at column 11: parsing key-value pair: cannot redefine existing integer "
         "'workers'"},
        {"[server\nworkers = 2", "FILE:1: not TOML at column 8: parsing table header: expected "
                                 "']', saw '\\n'"},
        {"[server]\nnode = \"\xff\"", "FILE:2: not TOML at column 8: Encountered invalid utf-8 "
                                      "sequence"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.toml) BOOST_TEST(mistakes_in(c.toml) == c.says);
}

BOOST_AUTO_TEST_CASE(tells_all_mistakes_in_the_order_of_the_lines) {
    BOOST_TEST(
        mistakes_in("[server]\nworkers = -1\nlisten = \"x\"\n[log]\nlevel = 1\n"
                    "[auth]\nx = 1\n[nonsense]\n") ==
        "FILE:2: server.workers: \"-1\" is out of range; expected an integer from 0 to 1024\n"
        "FILE:3: server.listen: \"x\" is not well formed; expected " +
            places_expected +
            "\n"
            "FILE:5: log.level: is an integer; expected one of \"debug\", \"info\", \"warning\" "
            "or \"error\"\n"
            "FILE:7: auth.x: no such setting\n"
            "FILE:8: [nonsense]: no such section");
}

BOOST_AUTO_TEST_CASE(names_a_file_that_cannot_be_read) {
    const folder here;
    configuration_sources sources;
    sources.file = here.path() + "/missing.toml";
    BOOST_TEST(mistakes_in(sources) == "FILE: cannot be read: No such file or directory");
    sources.file = here.path();
    BOOST_TEST(mistakes_in(sources) == "FILE: cannot be read: Is a directory");
    sources.file = here.write("large.toml", std::string((1 << 20) + 1, '#'));
    BOOST_TEST(mistakes_in(sources) == "FILE: is larger than 1048576 bytes");
}

BOOST_AUTO_TEST_CASE(accepts_these_addresses_and_no_others) {
    struct {
        std::string_view text;
        bool good;
    } const cases[] = {
        {"127.0.0.1:8080", true},
        {"localhost:0", true},
        {"[::]:65535", true},
        {"a-host.example:80", true},
        {"", false},
        {"127.0.0.1", false},
        {"127.0.0.1:", false},
        {":8080", false},
        {"::1:8080", false},
        {"[]:80", false},
        {"host:65536", false},
        {"host:-1", false},
        {"host:http", false},
        {"http://h:80", false},
        {"two words:80", false},
        {"host:8080 ", false},
        {"[::1:80", false},
    };
    const auto& key = *find_setting("server.listen");
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT('"' << c.text << '"') {
            settings out;
            const given_value given{given_value::form::bare, std::string(c.text)};
            BOOST_TEST(!assign(key, given, out).has_value() == c.good);
        }
}

BOOST_AUTO_TEST_CASE(keys_that_contradict_each_other) {
    BOOST_TEST(mistakes_in("[database]\nbackoff_min = \"5s\"") ==
               "FILE:2: database.backoff_min: \"5s\" for database.backoff_min is more than \"2s\" "
               "for database.backoff_max; expected at most that");
    BOOST_TEST(mistakes_in("[database]\nbackoff_max = \"10ms\"") ==
               "FILE:2: database.backoff_max: \"50ms\" for database.backoff_min is more than "
               "\"10ms\" for database.backoff_max; expected at most that");
    BOOST_TEST(mistakes_in("[database]\nwaiting_max = 39\nbatch_max = 40").starts_with("FILE:3: "));
    BOOST_TEST(mistakes_in("[server]\nheader_bytes_max = 1024").starts_with("FILE:2: "));
    BOOST_TEST(mistakes_in("[database]\nlookups_in_flight_min = 2049").starts_with("FILE:2: "));
    BOOST_TEST(mistakes_in("[breaker]\nopen_time = \"3s\"").starts_with("FILE:2: "));
    BOOST_TEST(mistakes_in("[database]\nbackoff_min = \"2s\"\nbackoff_max = \"2s\"") == "");
}

BOOST_AUTO_TEST_SUITE_END()
