#include "server/settings/exposure.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

namespace {

std::size_t found(const server::configuration& settings, std::string_view listening) {
    return server::find_exposures(settings, listening, {}).size();
}

} // namespace

BOOST_AUTO_TEST_SUITE(exposure)

BOOST_AUTO_TEST_CASE(plain_http_beyond_loopback) {
    struct {
        const char* listening;
        std::size_t told;
    } const cases[] = {
        {"127.0.0.1:8080", 0},
        {"127.8.9.10:8080, [::1]:80", 0},
        {"localhost:8080", 0},
        {"unix:/run/latchkey/api.sock", 0},
        {"/run/latchkey/api.sock", 0},
        {"", 0},
        {"[::ffff:127.0.0.1]:80", 0},
        {"0.0.0.0:8080", 1},
        {"[::]:8080", 1},
        {"10.0.0.1:8080", 1},
        {"auth.example:8080", 1},
        {"127.0.0.1:8080,10.0.0.1:80,unix:/a,192.0.2.1:80", 2},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.listening) {
            server::configuration settings;
            BOOST_TEST(found(settings, c.listening) == c.told);
            settings.tls.certificate_file = "/a";
            BOOST_TEST(found(settings, c.listening) == 0u);
        }
}

BOOST_AUTO_TEST_CASE(whether_callers_must_say_who_they_are_is_said) {
    struct {
        const char* listening;
        bool reached;
    } const cases[] = {
        {"127.0.0.1:8080, [::1]:80, unix:/a", false},
        {"localhost:8080", false},
        {"0.0.0.0:8080", true},
        {"127.0.0.1:8080, [::]:80", true},
        {"auth.example:8080", true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.listening) {
            server::configuration settings;
            const auto told = server::unsaid_callers(settings, c.listening);
            BOOST_TEST(!told.empty() == c.reached);
            if (c.reached) BOOST_TEST(told.ends_with("\n[auth]\ncallers = \"required\""));
            for (const auto mode : {api::callers_mode::open, api::callers_mode::required}) {
                settings.callers.mode = mode;
                BOOST_TEST(server::unsaid_callers(settings, c.listening).empty());
            }
            settings.admin.listen = c.listening;
            BOOST_TEST(!server::plain_admin(settings).empty() == c.reached);
            settings.tls.certificate_file = "/a";
            BOOST_TEST(server::plain_admin(settings).empty());
        }
}

BOOST_AUTO_TEST_CASE(a_database_that_anybody_could_play) {
    struct {
        const char* uri;
        std::size_t told;
    } const cases[] = {
        {"postgresql:///latchkey?host=/run/postgresql", 0},
        {"postgresql://u@localhost/d", 0},
        {"postgresql://u@127.0.0.1/d", 0},
        {"postgresql://u@[::1]/d", 0},
        {"postgresql://u@db.example/d", 1},
        {"postgresql://u@10.0.0.1/d?sslmode=require", 1},
        {"postgresql://u@10.0.0.1/d?sslmode=verify-ca", 1},
        {"postgresql://u@db.example/d?sslmode=verify-full", 0},
        {"postgresql://u@a.example,localhost,b.example/d", 2},
        {"host=db.example hostaddr=127.0.0.1 dbname=d", 0},
        {"host=localhost hostaddr=192.0.2.1 dbname=d", 1},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.uri) {
            server::configuration settings;
            settings.database.uri = crypto::secret(std::string(c.uri));
            const auto told = server::find_exposures(settings, "", {});
            BOOST_TEST(told.size() == c.told);
            for (const auto& one : told)
                BOOST_TEST(one.mend.find("sslmode=verify-full") != one.mend.npos);
        }
}

BOOST_AUTO_TEST_SUITE_END()
