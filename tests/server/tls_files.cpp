#include "server/process/tls_files.hpp"
#include "../support/certificates.hpp"
#include "settings_folder.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using server_tests::folder;

namespace {

struct fixture {
    folder here;
    test::certificate_authority authority;
    test::identity pair = authority.issue("DNS:localhost", "auth.example");
    net::tls_configuration settings;

    fixture() {
        settings.certificate_file = here.write("certificate.pem", pair.certificate_pem());
        settings.key_file = here.write("key.pem", pair.key_pem());
    }
    std::string why_not() const {
        const auto loaded = server::load_tls(settings, std::chrono::system_clock::now());
        return loaded ? "" : loaded.error().message;
    }
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_files, fixture)

BOOST_AUTO_TEST_CASE(without_a_certificate_there_is_no_tls) {
    const auto loaded = server::load_tls({}, std::chrono::system_clock::now());
    BOOST_REQUIRE(loaded.has_value());
    BOOST_TEST(!loaded->credentials);
}

BOOST_AUTO_TEST_CASE(a_pair_is_loaded) {
    const auto loaded = server::load_tls(settings, std::chrono::system_clock::now());
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message);
    BOOST_TEST(loaded->credentials->subject() == "CN=auth.example");
}

BOOST_AUTO_TEST_CASE(failures_name_the_key_and_the_file) {
    settings.key_file = here.path() + "/nowhere";
    BOOST_TEST(has(why_not(), "tls.key_file: the file \"" + settings.key_file +
                                  "\" cannot be read: No such file or directory"));
    settings.key_file = here.write("other.pem", authority.issue("DNS:a").key_pem());
    BOOST_TEST(has(why_not(), "tls.certificate_file = \"" + settings.certificate_file + "\""));
    BOOST_TEST(has(why_not(), "the key is not the certificate's"));
    settings.key_file = "credential:";
    BOOST_TEST(has(why_not(), "tls.key_file: \"credential:\" names no credential"));
}

BOOST_AUTO_TEST_CASE(keys_that_need_each_other) {
    settings.key_file.clear();
    BOOST_TEST(has(why_not(), "tls.key_file: is not set"));
    settings = {};
    settings.key_file = "key.pem";
    BOOST_TEST(has(why_not(), "tls.key_file: is set, but tls.certificate_file is not"));
    settings = {};
    settings.client_certificates = net::client_certificates::required;
    BOOST_TEST(has(why_not(), "tls.client_certificates: needs tls.certificate_file"));
}

BOOST_AUTO_TEST_CASE(client_certificates_need_an_authority) {
    settings.client_certificates = net::client_certificates::optional;
    BOOST_TEST(has(why_not(), "tls.client_ca_file: is not set"));
    settings.client_ca_file = here.write("ca.pem", "");
    BOOST_TEST(has(why_not(), "is empty"));
    settings.client_ca_file = here.write("ca.pem", "nonsense");
    BOOST_TEST(has(why_not(), "the file of authorities holds no certificate"));
    settings.client_ca_file = here.write("ca.pem", authority.pem());
    BOOST_TEST(why_not() == "");
}

BOOST_AUTO_TEST_CASE(what_openssl_does_not_accept_is_found_before_a_handshake) {
    const test::key_ptr weak(EVP_RSA_gen(1024));
    const auto certificate = test::new_certificate({.name = "weak", .key = *weak});
    settings.certificate_file = here.write("weak.pem", test::pem_of(*certificate));
    settings.key_file = here.write("weak-key.pem", test::pem_of(*weak));
    BOOST_TEST(has(why_not(), "the certificate is not accepted: ee key too small"));
}

BOOST_AUTO_TEST_CASE(a_file_that_changes_has_another_stamp) {
    const auto first = server::stamps_of(settings);
    BOOST_TEST((server::stamps_of(settings) == first));
    here.write("key.pem", "");
    const auto emptied = server::stamps_of(settings);
    BOOST_TEST((emptied != first));
    std::filesystem::remove(settings.key_file);
    BOOST_TEST((server::stamps_of(settings)[1] == server::file_stamp{}));
}

// Programs that renew certificates turn a link.
BOOST_AUTO_TEST_CASE(a_link_that_is_turned_is_a_change) {
    std::filesystem::create_symlink(here.write("one.pem", pair.certificate_pem()),
                                    here.path() + "/live.pem");
    settings.certificate_file = here.path() + "/live.pem";
    const auto first = server::stamps_of(settings);
    std::filesystem::create_symlink(here.write("two.pem", pair.certificate_pem()),
                                    here.path() + "/next.pem");
    std::filesystem::rename(here.path() + "/next.pem", settings.certificate_file);
    BOOST_TEST((server::stamps_of(settings) != first));
}

BOOST_AUTO_TEST_SUITE_END()
