#include "server/settings/secret_file.hpp"
#include "server/process/key_encryption.hpp"
#include "server/settings/exposure.hpp"
#include "server/settings/loaded_configuration.hpp"
#include "settings_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <string>
#include <vector>

using namespace latchkey;
using server_tests::folder;

namespace {

std::string write_with_mode(const folder& here, const std::string& name, std::string_view content,
                            mode_t mode) {
    const auto path = here.write(name, content);
    BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

const std::string kek = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

} // namespace

BOOST_AUTO_TEST_SUITE(secret_file)

BOOST_AUTO_TEST_CASE(who_may_open_it) {
    struct {
        mode_t mode;
        bool exposed;
    } const cases[] = {{0600, false}, {0400, false}, {0640, false}, {0660, false}, {0750, false},
                       {0644, true},  {0604, true},  {0444, true},  {0602, true},  {0666, true}};
    const folder here;
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.mode) {
            const auto path = write_with_mode(here, "secret", "hush", c.mode);
            std::vector<server::exposed_file> exposed;
            const auto text = server::read_secret_file("tls.key_file", path, 100, nullptr, exposed);
            BOOST_REQUIRE(text.has_value());
            BOOST_TEST(*text == "hush");
            BOOST_TEST(exposed.size() == (c.exposed ? 1u : 0u));
        }
}

// The opened file counts, not its name.
BOOST_AUTO_TEST_CASE(a_link_does_not_hide_a_file) {
    const folder here;
    const auto path = write_with_mode(here, "secret", "hush", 0644);
    const auto link = here.path() + "/link";
    std::filesystem::create_symlink(path, link);
    std::vector<server::exposed_file> exposed;
    BOOST_TEST(server::read_secret_file("x", link, 100, nullptr, exposed).has_value());
    BOOST_REQUIRE(exposed.size() == 1u);
    BOOST_TEST(server::describe(exposed[0]) ==
               "x: every user of this machine may read the file \"" + link +
                   "\" (mode 0644), which holds a secret; close it with: chmod o= '" + link + "'");
}

BOOST_AUTO_TEST_CASE(the_command_is_one_that_a_shell_takes) {
    BOOST_TEST(server::describe({"x", "/a b/it's", 0602}).ends_with("chmod o= '/a b/it'\\''s'"));
    BOOST_TEST(server::describe({"x", "/a", 0602}).find("may change") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(credentials_are_the_service_managers_business) {
    struct {
        const char* path;
        const char* directory;
        bool is_one;
    } const cases[] = {
        {"/run/credentials/u/kek", "/run/credentials/u", true},
        {"/run/credentials/u/kek", "/run/credentials/u/", true},
        {"/run/credentials/u/../v/kek", "/run/credentials/u", false},
        {"/run/credentials/uv/kek", "/run/credentials/u", false},
        {"/run/credentials/u", "/run/credentials/u", false},
        {"/etc/kek", nullptr, false},
        {"/etc/kek", "", false},
        {"kek", ".", false},
    };
    for (const auto& c : cases)
        BOOST_TEST(server::is_credential(c.path, c.directory) == c.is_one, c.path);
}

// Covers each setting that names a file with a secret, and the setting that allows all of them.
BOOST_AUTO_TEST_CASE(every_setting_that_names_a_secret) {
    const folder here;
    const auto uri = write_with_mode(here, "uri", "postgresql://u:p@/d", 0644);
    const auto key = write_with_mode(here, "kek", kek, 0644);
    const auto secret = write_with_mode(here, "secret", std::string(32, 's'), 0644);
    const auto set = write_with_mode(
        here, "set",
        R"({"keys":[{"kty":"oct","kid":"a","k":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"}]})",
        0644);
    server::configuration_sources sources;
    sources.file = here.write(
        "latchkey.toml",
        "[tokens]\nkey_encryption_key_file = \"" + key +
            "\"\n[[issuers]]\nissuer = \"https://a\"\naudiences = \"a\"\nalgorithms = \"HS256\"\n"
            "secret_file = \"" +
            secret +
            "\"\n[[issuers]]\nissuer = \"https://b\"\naudiences = "
            "\"a\"\nalgorithms = \"HS256\"\njwks_file = \"" +
            set + "\"\n");
    sources.environment = {{"LATCHKEY_DATABASE__URI_FILE", uri}};
    auto loaded = server::load_files(server_tests::load(sources));
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message);
    std::vector<std::string> settings;
    for (const auto& file : loaded->exposed)
        settings.push_back(file.setting);
    const std::vector<std::string> all = {"LATCHKEY_DATABASE__URI_FILE",
                                          "tokens.key_encryption_key_file", "issuers.secret_file",
                                          "issuers.jwks_file"};
    BOOST_TEST(settings == all, boost::test_tools::per_element());
    BOOST_TEST(server::refused_files(loaded->settings, loaded->exposed).size() == all.size());
    loaded->settings.server.world_readable_secrets = true;
    BOOST_TEST(server::refused_files(loaded->settings, loaded->exposed).empty());
    BOOST_TEST(server::find_exposures(loaded->settings, "", loaded->exposed).size() == all.size());
}

// A configuration file that every user may read is usual; if it holds a password, there is a
// warning.
BOOST_AUTO_TEST_CASE(a_password_in_the_configuration) {
    struct {
        const char* uri;
        mode_t mode;
        bool told;
    } const cases[] = {{"postgresql://u:p@/d", 0644, true},
                       {"host=/tmp password=p", 0644, true},
                       {"postgresql://u:p@/d", 0640, false},
                       {"postgresql://u@/d", 0644, false}};
    const folder here;
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.uri << ' ' << c.mode) {
            server::configuration_sources sources;
            sources.file =
                write_with_mode(here, "latchkey.toml",
                                "[database]\nuri = \"" + std::string(c.uri) + "\"\n", c.mode);
            const auto loaded = server_tests::load(sources);
            BOOST_TEST(server::find_exposures(loaded, "", loaded.exposed).empty() == !c.told);
            BOOST_TEST(server::refused_files(loaded, loaded.exposed).empty());
        }
}

BOOST_AUTO_TEST_SUITE_END()
