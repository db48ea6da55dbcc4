#include "../support/certificates.hpp"

#include <latchkey/net/tls/tls_credentials.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/err.h>

using namespace latchkey;
using test::certificate_authority;

namespace {

core::real_time now() {
    return std::chrono::system_clock::now();
}

// The sentence of the failure, or an empty text.
std::string why_not(const std::string& certificates, const std::string& key,
                    const std::string& authorities = {}) {
    const auto parsed =
        net::tls_credentials::parse({certificates, crypto::secret(key), authorities}, now());
    BOOST_TEST(ERR_peek_error() == 0u, "the queue of errors is clean");
    return parsed ? "" : parsed.error().message;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tls_credentials)

BOOST_AUTO_TEST_CASE(a_pair_tells_whose_it_is_and_until_when) {
    const certificate_authority authority;
    const auto pair = authority.issue("DNS:localhost", "auth.example", -3600, 3600);
    const auto parsed = net::tls_credentials::parse(
        {pair.certificate_pem() + authority.pem(), crypto::secret(pair.key_pem()), authority.pem()},
        now());
    BOOST_REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
    BOOST_TEST(parsed->subject() == "CN=auth.example");
    const auto left = parsed->not_after() - now();
    BOOST_TEST((left > core::seconds(3500) && left <= core::seconds(3600)));
}

BOOST_AUTO_TEST_CASE(a_bad_pair_says_what_is_wrong) {
    const certificate_authority authority;
    const auto pair = authority.issue("DNS:localhost");
    const auto other = authority.issue("DNS:localhost");
    const auto expired = authority.issue("DNS:localhost", "server", -7200, -3600);
    const auto early = authority.issue("DNS:localhost", "server", 3600, 7200);
    const auto certificate = pair.certificate_pem();
    const auto key = pair.key_pem();
    struct {
        std::string certificates;
        std::string key;
        std::string authorities;
        std::string_view why;
    } const cases[] = {
        {certificate, other.key_pem(), "", "the key is not the certificate's"},
        // The order matters: the server's own certificate comes first.
        {authority.pem() + certificate, key, "", "the key is not the certificate's"},
        {expired.certificate_pem(), expired.key_pem(), "", "has expired"},
        {early.certificate_pem(), early.key_pem(), "", "is not good before"},
        {"", key, "", "holds no certificate in PEM"},
        {"nonsense", key, "", "holds no certificate in PEM"},
        {certificate.substr(0, certificate.size() / 2), key, "", "the certificate file"},
        {certificate + certificate.substr(0, certificate.size() / 2), key, "", "cannot be read"},
        {key, key, "", "holds no certificate in PEM"},
        {certificate, "", "", "holds no private key in PEM"},
        {certificate, certificate, "", "holds no private key in PEM"},
        {certificate, key.substr(0, key.size() / 2), "", "holds no private key in PEM"},
        {certificate, test::pem_of(*pair.key, "open sesame"), "", "sealed with a passphrase"},
        {certificate, key, "nonsense", "the file of authorities holds no certificate"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.why) {
            const auto why = why_not(c.certificates, c.key, c.authorities);
            BOOST_TEST(has(why, c.why), why);
        }
    BOOST_TEST(why_not(certificate, key) == "");
}

BOOST_AUTO_TEST_SUITE_END()
