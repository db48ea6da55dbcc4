#include "server/settings/secret_path.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(secret_path)

BOOST_AUTO_TEST_CASE(a_path_or_a_credential) {
    struct {
        const char* value;
        const char* directory;
        const char* path;
    } const cases[] = {
        {"/etc/secret", nullptr, "/etc/secret"},
        {"secret", "/run/credentials/x", "secret"},
        {"./credential:a", "/run/credentials/x", "./credential:a"},
        {"credential:issuer", "/run/credentials/x", "/run/credentials/x/issuer"},
        {"credential:issuer.secret-1", "/c", "/c/issuer.secret-1"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.value) {
            const auto path = server::secret_path(c.value, c.directory);
            BOOST_REQUIRE_MESSAGE(path.has_value(), (path ? "" : path.error().message));
            BOOST_TEST(*path == c.path);
        }
}

BOOST_AUTO_TEST_CASE(what_names_no_credential_says_so) {
    const std::string no_name = " names no credential; expected credential:NAME, without a slash";
    const std::string no_directory =
        " cannot be found: CREDENTIALS_DIRECTORY is not set, as systemd "
        "does for a unit with LoadCredential=";
    struct {
        const char* value;
        const char* directory;
        std::string says;
    } const cases[] = {
        {"credential:", "/c", no_name},
        {"credential:.", "/c", no_name},
        {"credential:..", "/c", no_name},
        {"credential:a/b", "/c", no_name},
        {"credential:/etc/secret", "/c", no_name},
        {"credential:../a", nullptr, no_name},
        {"credential:a", nullptr, no_directory},
        {"credential:a", "", no_directory},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.value) {
            const auto path = server::secret_path(c.value, c.directory);
            BOOST_REQUIRE(!path.has_value());
            BOOST_TEST(path.error().message == '"' + std::string(c.value) + '"' + c.says);
        }
}

BOOST_AUTO_TEST_SUITE_END()
