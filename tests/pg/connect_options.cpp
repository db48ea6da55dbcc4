#include <latchkey/pg/connection/connect_options.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string_view>

using latchkey::core::failure_kind;
using parsed_options = latchkey::pg::connect_options;

namespace {

// Returns what connecting would use for a keyword; the addresses stand in for resolved names.
std::string setting(parsed_options& options, std::string_view keyword,
                    const std::vector<parsed_options::address>& addresses) {
    const auto arguments = options.with_addresses(addresses);
    BOOST_REQUIRE(arguments.keywords.size() == arguments.values.size());
    BOOST_REQUIRE(arguments.keywords.back() == nullptr);
    BOOST_REQUIRE(arguments.values.back() == nullptr);
    for (std::size_t i = 0; i + 1 < arguments.keywords.size(); ++i)
        if (arguments.keywords[i] == keyword) return arguments.values[i];
    return "(none)";
}

std::vector<parsed_options::address> as_they_are(const parsed_options& options) {
    std::vector<parsed_options::address> out;
    for (const auto& t : options.targets())
        out.push_back({t, ""});
    return out;
}

// Clears libpq's environment, which would add to every string.
struct no_environment {
    no_environment() {
        for (const char* name :
             {"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSERVICE",
              "PGOPTIONS", "PGAPPNAME", "PGGSSENCMODE", "PGCLIENTENCODING"})
            ::unsetenv(name);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(connect_options, *boost::unit_test::fixture<no_environment>())

BOOST_AUTO_TEST_CASE(reads_hosts_and_ports) {
    struct {
        const char* uri;
        std::vector<std::string> targets;
    } const cases[] = {
        {"postgresql://u@db.example/x", {"db.example 5432"}},
        {"postgres://u@db.example:6543/x", {"db.example 6543"}},
        {"postgresql://u@[::1]:6543/x", {"::1 6543"}},
        {"postgresql://u@a:1,b:2,10.0.0.1:3/x", {"a 1", "b 2", "10.0.0.1 3"}},
        {"postgresql://u@a,b/x?port=7", {"a 7", "b 7"}},
        {"postgresql://u@/x?host=/run/postgresql", {"/run/postgresql 5432"}},
        {"postgresql://u@%2Frun%2Fpostgresql/x", {"/run/postgresql 5432"}},
        {"host=a,b port=1,2 dbname=x", {"a 1", "b 2"}},
        {"host=db.example hostaddr=10.0.0.1", {"db.example 5432"}},
        {"hostaddr=10.0.0.1,10.0.0.2 port=7,8", {" 7", " 8"}},
        {"postgresql:///x", {" 5432"}},
        {"", {" 5432"}},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.uri) {
            const auto options = parsed_options::parse(c.uri);
            BOOST_REQUIRE(options.has_value());
            std::vector<std::string> targets;
            for (const auto& t : options->targets())
                targets.push_back(t.host + " " + t.port);
            BOOST_TEST(targets == c.targets, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(only_names_are_resolved) {
    struct {
        const char* host;
        bool resolved;
    } const cases[] = {
        {"db.example", true}, {"localhost", true},  {"10.0.0.1", false}, {"::1", false},
        {"/run/pg", false},   {"@abstract", false}, {"", false},         {"10.0.0", true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.host) {
            BOOST_TEST(parsed_options::needs_resolution({c.host, "5432"}) == c.resolved);
        }
}

BOOST_AUTO_TEST_CASE(hands_settings_on_but_for_the_timeout) {
    auto options = parsed_options::parse(
        "postgresql://u:p%40ss@/x?host=/run/pg&connect_timeout=99&sslmode=require"
        "&application_name=mine&options=-c%20geqo%3Doff");
    const auto addresses = as_they_are(options.value());
    const auto value = [&](std::string_view keyword) {
        return setting(*options, keyword, addresses);
    };
    BOOST_TEST(value("user") == "u");
    BOOST_TEST(value("password") == "p@ss");
    BOOST_TEST(value("dbname") == "x");
    BOOST_TEST(value("sslmode") == "require");
    BOOST_TEST(value("application_name") == "mine");
    BOOST_TEST(value("options") == "-c geqo=off");
    BOOST_TEST(value("connect_timeout") == "(none)");
    BOOST_TEST(value("fallback_application_name") == "latchkey");
    BOOST_TEST(value("host") == "/run/pg");
    BOOST_TEST(value("hostaddr") == "(none)");
}

BOOST_AUTO_TEST_CASE(text_is_utf8_and_a_primary_is_asked_whatever_the_string_says) {
    // A standby may lag, so it is never accepted.
    for (const char* uri : {"postgresql:///x", "postgresql:///x?target_session_attrs=any",
                            "host=a,b target_session_attrs=prefer-standby"}) {
        auto options = parsed_options::parse(uri).value();
        const auto chosen = setting(options, "target_session_attrs", as_they_are(options));
        BOOST_TEST(chosen == "primary");
    }
    for (const char* uri : {"postgresql:///x", "postgresql:///x?client_encoding=LATIN1",
                            "client_encoding=auto dbname=x"}) {
        auto options = parsed_options::parse(uri);
        const auto arguments = options.value().with_names();
        int times = 0;
        for (std::size_t i = 0; i + 1 < arguments.keywords.size(); ++i)
            if (arguments.keywords[i] == std::string_view("client_encoding")) {
                ++times;
                BOOST_TEST(arguments.values[i] == std::string_view("UTF8"));
            }
        BOOST_TEST(times == 1);
    }
}

BOOST_AUTO_TEST_CASE(gssapi_encryption_is_tried_when_it_is_asked_for) {
    struct {
        const char* uri;
        const char* variable;
        const char* value;
        const char* expected;
    } const cases[] = {
        {"postgresql://h/x", nullptr, nullptr, "disable"},
        {"host=h", nullptr, nullptr, "disable"},
        {"postgresql://h/x?gssencmode=prefer", nullptr, nullptr, "prefer"},
        {"host=h gssencmode=require", nullptr, nullptr, "require"},
        {"postgresql://h/x", "PGGSSENCMODE", "require", "require"},
        {"postgresql://h/x", "PGGSSENCMODE", "prefer", "prefer"},
        {"postgresql://h/x", "PGGSSENCMODE", "", "disable"},
        {"postgresql://h/x?gssencmode=disable", "PGGSSENCMODE", "require", "disable"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.uri << ", " << (c.value ? c.value : "")) {
            if (c.variable) ::setenv(c.variable, c.value, 1);
            auto options = parsed_options::parse(c.uri);
            BOOST_TEST(setting(options.value(), "gssencmode", as_they_are(*options)) == c.expected);
            if (c.variable) ::unsetenv(c.variable);
        }
    }
}

// Secrets that were wiped from the environment have a variable's precedence: the string's own wins.
BOOST_AUTO_TEST_CASE(secrets_stand_in_for_the_environment) {
    using latchkey::crypto::secret;
    const std::vector<latchkey::pg::environment_secret> secrets = {
        {"password", secret(std::string("wiped"))}};
    struct {
        const char* uri;
        const char* password;
    } const cases[] = {
        {"postgresql://u@h/x", "wiped"},
        {"postgresql://u:own@h/x", "own"},
        {"host=h user=u password=own", "own"},
        {"", "wiped"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.uri) {
            // A variable that has been overwritten looks like this.
            ::setenv("PGPASSWORD", "", 1);
            auto options = parsed_options::parse(c.uri, secrets);
            BOOST_TEST(setting(options.value(), "password", as_they_are(*options)) == c.password);
            ::unsetenv("PGPASSWORD");
        }
    }
    auto none = parsed_options::parse("postgresql://u@h/x");
    BOOST_TEST(setting(none.value(), "password", as_they_are(*none)) == "(none)");
}

BOOST_AUTO_TEST_CASE(libpq_tells_in_which_variables_it_looks_for_secrets) {
    bool found = false;
    for (const auto& secret : latchkey::pg::secret_variables())
        found = found || (secret.keyword == "password" && secret.variable == "PGPASSWORD");
    BOOST_TEST(found);
}

BOOST_AUTO_TEST_CASE(addresses_stand_beside_the_names) {
    auto options = parsed_options::parse("postgresql://u@a:1,b:2/x");
    const auto& t = options.value().targets();
    // The first name has two addresses, and both are tried.
    const std::vector<parsed_options::address> addresses = {
        {t[0], "10.0.0.1"}, {t[0], "fd00::1"}, {t[1], "10.0.0.2"}};
    BOOST_TEST(setting(*options, "host", addresses) == "a,a,b");
    BOOST_TEST(setting(*options, "hostaddr", addresses) == "10.0.0.1,fd00::1,10.0.0.2");
    BOOST_TEST(setting(*options, "port", addresses) == "1,1,2");
    // A second call starts anew.
    BOOST_TEST(setting(*options, "port", {{t[1], "10.0.0.2"}}) == "2");
}

// A certificate is checked against the name, whatever address the string gives.
BOOST_AUTO_TEST_CASE(a_given_address_is_not_looked_up_and_keeps_its_name) {
    auto options = parsed_options::parse("host=a,b hostaddr=10.0.0.1,10.0.0.2 sslmode=verify-full");
    for (const auto& t : options.value().targets())
        BOOST_TEST(!parsed_options::needs_resolution(t));
    BOOST_TEST(setting(*options, "host", as_they_are(*options)) == "a,b");
    BOOST_TEST(setting(*options, "hostaddr", as_they_are(*options)) == "10.0.0.1,10.0.0.2");
    auto nameless = parsed_options::parse("hostaddr=10.0.0.1");
    BOOST_TEST(setting(nameless.value(), "hostaddr", as_they_are(*nameless)) == "10.0.0.1");
    BOOST_TEST(!parsed_options::parse("host=a,b hostaddr=10.0.0.1").has_value());
}

BOOST_AUTO_TEST_CASE(a_password_with_a_slash_says_how_to_write_it) {
    const auto split = parsed_options::parse("postgresql://u:pa/ss@h/x");
    BOOST_REQUIRE(!split.has_value());
    BOOST_TEST(split.error().message.find("percent-encode") != std::string::npos);
    for (const char* uri : {"postgresql://u:pa%2Fss@h:1/x", "postgresql://u:a:b@h/x",
                            "postgresql://u:p@/x?host=/run/p@q", "postgresql:///x@y",
                            "postgresql://h/x?user=a@b", "host=@abstract port=1"})
        BOOST_TEST(parsed_options::parse(uri).has_value(), uri);
}

BOOST_AUTO_TEST_CASE(refuses_without_quoting) {
    const char* const cases[] = {
        "postgresql://u:hunter2@[::1/x",
        "postgresql://u:hunter2@h/x?nonsense=1",
        "postgresql://u:hunter2%zz@h/x",
        "host=h password='hunter2",
        "hunter2",
        "mysql://u:hunter2@h/x",
        "postgresql://u:hunter2@a,b,c/x?port=1,2",
        "postgresql://u:hunter2/ss@h/x",
        "postgresql://u:12/hunter2@h/x",
        "postgresql://u:12/hunter2@h:5432/x?sslmode=require",
        "postgresql://u:p@hunter2@h/x",
        "postgresql://u:p@1/hunter2@h/x",
    };
    for (const char* uri : cases) {
        BOOST_TEST_CONTEXT(uri) {
            const auto options = parsed_options::parse(uri);
            BOOST_REQUIRE(!options.has_value());
            BOOST_TEST((options.error().kind == failure_kind::invalid));
            BOOST_TEST(options.error().message.find("hunter2") == std::string::npos);
            BOOST_TEST(options.error().message.find("database.uri") == 0u);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
