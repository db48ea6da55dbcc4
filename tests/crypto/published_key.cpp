#include "../support/certificates.hpp"
#include "support.hpp"

#include <latchkey/crypto/published_key.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace latchkey;

namespace {

std::string shown(const std::string& text) {
    const char* what = crypto::published_key_in(text);
    return what ? what : "";
}

template <class Write>
std::string der_of(Write write) {
    unsigned char* out = nullptr;
    const int n = write(&out);
    const std::string bytes(reinterpret_cast<const char*>(out),
                            static_cast<std::size_t>(std::max(0, n)));
    OPENSSL_free(out);
    return bytes;
}

std::string base64(const std::string& bytes) {
    std::string out(4 * (bytes.size() / 3 + 1) + 1, 0);
    const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<const unsigned char*>(bytes.data()),
                                  static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(n));
    return out;
}
std::string lines(std::string text) {
    for (std::size_t i = 64; i < text.size(); i += 65)
        text.insert(i, "\n");
    return text + '\n';
}
std::string hexadecimal(const std::string& bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[c & 15];
    }
    return out;
}
std::string pem(const std::string& label, const std::string& der) {
    return "-----BEGIN " + label + "-----\n" + lines(base64(der)) + "-----END " + label + "-----\n";
}
std::string in_utf16(const std::string& text) {
    std::string out = "\xff\xfe";
    for (const char c : text)
        out += std::string{c, '\0'};
    return out;
}

struct keys {
    test::key_ptr ec = test::new_key();
    test::key_ptr rsa{EVP_RSA_gen(2048)};
    test::key_ptr ed{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};

    static std::string open(const test::key_ptr& key) {
        return der_of([&](auto** out) { return i2d_PUBKEY(key.get(), out); });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(published_key, keys)

BOOST_AUTO_TEST_CASE(every_form_of_a_public_key_is_known) {
    for (const auto* key : {&ec, &rsa, &ed}) {
        const auto der = open(*key);
        const auto text = pem("PUBLIC KEY", der);
        BOOST_TEST(shown(der) == "a public key in DER");
        BOOST_TEST(shown(base64(der)) == "a public key in DER");
        BOOST_TEST(shown(lines(base64(der))) == "a public key in DER");
        BOOST_TEST(shown(crypto::encode_base64url(der)) == "a public key in DER");
        BOOST_TEST(shown(hexadecimal(der)) == "a public key in DER");
        BOOST_TEST(shown(text) == "a public key in PEM");
        BOOST_TEST(shown("\n  comment\n" + text) == "a public key in PEM");
        BOOST_TEST(shown("\xef\xbb\xbf" + text) == "a public key in PEM");
        BOOST_TEST(shown(base64(text)) == "a public key in PEM");
        BOOST_TEST(shown(in_utf16(text)) == "a public key in PEM");
    }
    const auto pkcs1 = der_of([&](auto** out) { return i2d_PublicKey(rsa.get(), out); });
    BOOST_TEST(shown(pkcs1) == "a public key in DER");
    BOOST_TEST(shown(pem("RSA PUBLIC KEY", pkcs1)) == "a public key in PEM");
    const auto point = der_of([&](auto** out) { return i2d_PublicKey(ec.get(), out); });
    BOOST_REQUIRE(point.size() == 65u);
    BOOST_TEST(shown(point) == "a public key's point");
    BOOST_TEST(shown(crypto::encode_base64url(point)) == "a public key's point");
    BOOST_TEST(
        shown("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNeP8u2 "
              "a@b\n") == "a public key of OpenSSH");
    BOOST_TEST(shown("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=") ==
               "a public key of OpenSSH");
    BOOST_TEST(shown("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n") == "a public key in PEM");
    BOOST_TEST(shown(boost::json::serialize(test::rsa_public_key())) == "a JWK");
    BOOST_TEST(shown("{\"keys\" : [ " + boost::json::serialize(test::ec_public_key()) + "]}\n") ==
               "a JWK");
    BOOST_TEST(shown(base64(boost::json::serialize(test::ec_public_key()))) == "a JWK");
    BOOST_TEST(shown("<RSAKeyValue><Modulus>AA==</Modulus></RSAKeyValue>") ==
               "a public key in XML");
}

BOOST_AUTO_TEST_CASE(certificates_and_private_keys_are_no_secrets_either) {
    const auto certificate = test::new_certificate({"a", *ec});
    const auto der = der_of([&](auto** out) { return i2d_X509(certificate.get(), out); });
    BOOST_TEST(shown(der) == "a certificate in DER");
    BOOST_TEST(shown(base64(der)) == "a certificate in DER");
    BOOST_TEST(shown(pem("CERTIFICATE", der)) == "a certificate in PEM");
    BOOST_TEST(shown(pem("TRUSTED CERTIFICATE", der)) == "a certificate in PEM");
    const auto secret = der_of([&](auto** out) { return i2d_PrivateKey(ec.get(), out); });
    BOOST_TEST(shown(secret) == "a private key in DER");
    BOOST_TEST(shown(pem("EC PRIVATE KEY", secret)) == "a private key in PEM");
}

BOOST_AUTO_TEST_CASE(a_secret_is_a_secret) {
    for (const std::string& secret :
         {std::string(), std::string("a"), std::string(32, 's'), std::string(64, '0'),
          std::string("\x30\x1d", 2) + std::string(30, 'x'), '\x04' + std::string(64, 'y'),
          base64(std::string(48, '\x9c')), hexadecimal(std::string(32, '\x30')),
          std::string("correct horse battery staple, ssh- and all that"), std::string(40, '\0')})
        BOOST_TEST(shown(secret) == "", secret);
}

BOOST_AUTO_TEST_SUITE_END()
