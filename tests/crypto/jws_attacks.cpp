// Attacks on the verifier that no published vector contains (RFC 8725, section 2).
#include "support.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/jws.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

#include <openssl/err.h>

using namespace latchkey;
using crypto::encode_base64url;
using crypto::jwk;
using crypto::jws_algorithm;
using crypto::jws_defect;
namespace json = boost::json;

namespace {

constexpr std::array rsa_and_ec = {jws_algorithm::rs256, jws_algorithm::es256};
constexpr std::array symmetric_too = {jws_algorithm::hs256, jws_algorithm::rs256};

std::string signed_token(const std::string& header, const jwk& key, jws_algorithm algorithm) {
    return test::signed_token(header, R"({"sub":"a"})", key, algorithm);
}

std::optional<jws_defect> defect_of(const std::string& text, const jwk& key,
                                    std::span<const jws_algorithm> allowed) {
    auto token = crypto::unverified_token::read(text);
    if (!token) return token.error().defect;
    auto verified = crypto::verified_token::verify(std::move(*token), key, allowed);
    if (!verified) return verified.error().defect;
    return std::nullopt;
}

} // namespace

BOOST_AUTO_TEST_SUITE(jws_attacks)

BOOST_AUTO_TEST_CASE(a_good_token_is_good) {
    const auto key = test::parsed(test::rsa_private_key());
    const auto text = signed_token(R"({"alg":"RS256"})", key, jws_algorithm::rs256);
    BOOST_TEST(!defect_of(text, test::parsed(test::rsa_public_key()), rsa_and_ec).has_value());
}

// Each header comes with a right signature, so that only the header can be at fault.
BOOST_AUTO_TEST_CASE(headers_that_are_refused) {
    struct {
        const char* name;
        const char* header;
    } const cases[] = {
        {"a critical extension", R"({"alg":"RS256","crit":["exp"],"exp":1})"},
        {"an empty crit", R"({"alg":"RS256","crit":[]})"},
        {"an unencoded payload", R"({"alg":"RS256","b64":false})"},
        {"an unencoded payload, critical", R"({"alg":"RS256","b64":false,"crit":["b64"]})"},
        {"a key of its own", R"({"alg":"RS256","jwk":{"kty":"oct","k":"AA"}})"},
        {"a place for keys", R"({"alg":"RS256","jku":"https://evil.example/jwks"})"},
        {"a certificate", R"({"alg":"RS256","x5c":["AA"]})"},
        {"a place for certificates", R"({"alg":"RS256","x5u":"https://evil.example/"})"},
        {"encryption", R"({"alg":"RS256","enc":"A128GCM"})"},
        {"compression", R"({"alg":"RS256","zip":"DEF"})"},
        {"two algorithms", R"({"alg":"RS256","alg":"none"})"},
        {"two key ids", R"({"alg":"RS256","kid":"a","kid":"b"})"},
        {"no algorithm", R"({"typ":"JWT"})"},
        {"an algorithm that is no string", R"({"alg":["RS256"]})"},
        {"a key id that is no string", R"({"alg":"RS256","kid":7})"},
        {"a type that is no string", R"({"alg":"RS256","typ":7})"},
        {"no object", R"(["RS256"])"},
        {"no JSON", R"(RS256)"},
        {"something behind it", R"({"alg":"RS256"}x)"},
    };
    const auto signer = test::parsed(test::rsa_private_key());
    const auto key = test::parsed(test::rsa_public_key());
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto defect =
                defect_of(signed_token(c.header, signer, jws_algorithm::rs256), key, rsa_and_ec);
            BOOST_REQUIRE(defect.has_value());
            BOOST_TEST((*defect == jws_defect::malformed));
        }
}

BOOST_AUTO_TEST_CASE(the_key_decides_the_algorithm) {
    const auto payload = encode_base64url(R"({"sub":"a"})");
    const auto key = test::parsed(test::rsa_public_key());
    for (const char* name : {"none", "None", "NONE", "nOnE", "", "RS257", "rs256", "HS256", "ES256",
                             "PS256", "RS384", "EdDSA", "dir", "RSA-OAEP"})
        BOOST_TEST_CONTEXT(name) {
            const auto head = encode_base64url(R"({"alg":")" + std::string(name) + R"("})");
            for (const auto* signature : {"", ".AA", ".AAAA"}) {
                const auto defect = defect_of(head + '.' + payload + signature, key, rsa_and_ec);
                BOOST_REQUIRE(defect.has_value());
                BOOST_TEST((*defect != jws_defect::signature_invalid));
            }
        }
}

// The classic attack: the public key's text as an HMAC secret.
BOOST_AUTO_TEST_CASE(a_public_key_is_no_secret) {
    const auto public_key = test::parsed(test::rsa_public_key());
    const auto as_secret = test::parsed(test::oct_key(json::serialize(test::rsa_public_key())));
    const auto text = signed_token(R"({"alg":"HS256"})", as_secret, jws_algorithm::hs256);
    BOOST_TEST((defect_of(text, public_key, symmetric_too) == jws_defect::algorithm_not_allowed));
}

BOOST_AUTO_TEST_CASE(only_allowed_algorithms_are_taken) {
    const auto key = test::parsed(test::rsa_private_key());
    const auto text = signed_token(R"({"alg":"PS256"})", key, jws_algorithm::ps256);
    const std::array ps = {jws_algorithm::ps256};
    BOOST_TEST(!defect_of(text, key, ps).has_value());
    BOOST_TEST((defect_of(text, key, rsa_and_ec) == jws_defect::algorithm_not_allowed));
    BOOST_TEST((defect_of(text, key, {}) == jws_defect::algorithm_not_allowed));
    auto bound = test::rsa_private_key();
    bound["alg"] = "RS256";
    BOOST_TEST((defect_of(text, test::parsed(bound), ps) == jws_defect::algorithm_not_allowed));
}

BOOST_AUTO_TEST_CASE(every_changed_character_is_noticed) {
    const auto key = test::parsed(test::oct_key(std::string(32, 'k')));
    const std::array allowed = {jws_algorithm::hs256};
    const auto good = signed_token(R"({"alg":"HS256","kid":"a"})", key, jws_algorithm::hs256);
    BOOST_REQUIRE(!defect_of(good, key, allowed).has_value());
    for (std::size_t i = 0; i < good.size(); ++i)
        for (const char c : {'A', 'B', '.', '=', ' ', '\n', '\xff'}) {
            if (good[i] == c) continue;
            auto text = good;
            text[i] = c;
            BOOST_TEST_CONTEXT(text) {
                BOOST_REQUIRE(defect_of(text, key, allowed).has_value());
            }
        }
    for (std::size_t i = 0; i < good.size(); ++i)
        BOOST_REQUIRE(defect_of(good.substr(0, i), key, allowed).has_value());
    for (const char* more : {"A", ".", ".A", "=", " ", "\n"})
        BOOST_REQUIRE(defect_of(good + more, key, allowed).has_value());
}

// In JOSE an ECDSA signature is r and s, both of fixed length (RFC 7518, section 3.4), and neither
// may be 0.
BOOST_AUTO_TEST_CASE(ecdsa_signatures_have_one_form) {
    auto o = test::ec_private_key();
    const auto key = test::parsed(o);
    const std::array allowed = {jws_algorithm::es512};
    const auto good = signed_token(R"({"alg":"ES512"})", key, jws_algorithm::es512);
    BOOST_REQUIRE(!defect_of(good, key, allowed).has_value());
    const auto dot = good.rfind('.');
    const auto signature = *crypto::decode_base64url(good.substr(dot + 1));
    BOOST_TEST(signature.size() == 132u);
    for (const std::string& other :
         {std::string(132, '\0'), signature.substr(1), signature + '\0', '\0' + signature,
          std::string(66, '\0') + signature.substr(66),
          signature.substr(0, 66) + std::string(66, '\0'),
          std::string("\x30\x06\x02\x01\x01\x02\x01\x01", 8), std::string(132, '\xff')}) {
        const auto text = good.substr(0, dot + 1) + encode_base64url(other);
        BOOST_TEST((defect_of(text, key, allowed) == jws_defect::signature_invalid));
    }
}

BOOST_AUTO_TEST_CASE(a_failed_check_leaves_no_error_behind) {
    for (const auto& [o, algorithm] : {std::pair(test::rsa_private_key(), jws_algorithm::rs256),
                                       std::pair(test::rsa_private_key(), jws_algorithm::ps512),
                                       std::pair(test::ec_private_key(), jws_algorithm::es512)}) {
        const auto key = test::parsed(o);
        const auto& ready = *key.ready_for(algorithm);
        BOOST_TEST(!ready.verify("text", "not a signature"));
        BOOST_TEST(ERR_peek_error() == 0u);
        BOOST_TEST(!ready.verify("text", ""));
        auto signature = ready.sign("text").value();
        BOOST_TEST(ready.verify("text", signature));
        signature.back() = static_cast<char>(signature.back() ^ 1);
        BOOST_TEST(!ready.verify("text", signature));
        BOOST_TEST(ERR_peek_error() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_signed_token_reads_back) {
    auto o = test::rsa_private_key();
    o["alg"] = "RS256";
    const auto key = test::parsed(o);
    const auto text =
        crypto::compact_signer(key.ready().front(), "at+jwt", "k1").sign(R"({"sub":"a"})");
    BOOST_REQUIRE(text.has_value());
    auto token = crypto::unverified_token::read(*text);
    BOOST_REQUIRE(token.has_value());
    BOOST_TEST(token->algorithm_name() == "RS256");
    BOOST_TEST((token->key_id() == "k1"));
    const auto verified = crypto::verified_token::verify(std::move(*token), key, rsa_and_ec);
    BOOST_REQUIRE(verified.has_value());
    BOOST_TEST(verified->payload() == R"({"sub":"a"})");
    BOOST_TEST((verified->type() == "at+jwt"));
}

BOOST_AUTO_TEST_SUITE_END()
