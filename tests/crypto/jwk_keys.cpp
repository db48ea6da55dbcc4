#include "support.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/jwk.hpp>
#include <latchkey/crypto/jws.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

using namespace latchkey;
using crypto::jwk;
using crypto::jws_algorithm;
namespace json = boost::json;

namespace {

using test::cookbook_key;

json::object with(json::object o, const char* name, json::value value) {
    o[name] = std::move(value);
    return o;
}

json::object without(json::object o, const char* name) {
    o.erase(name);
    return o;
}

json::value number(const std::string& bytes) {
    return json::value(json::string(crypto::encode_base64url(bytes)));
}

const std::string ed25519_x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

} // namespace

BOOST_AUTO_TEST_SUITE(jwk_keys)

// The examples of RFC 7638, section 3.1, and RFC 8037, appendix A.3.
BOOST_AUTO_TEST_CASE(thumbprints) {
    const auto rsa = jwk::parse(
        R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})");
    BOOST_REQUIRE(rsa.has_value());
    BOOST_TEST(rsa->thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    BOOST_TEST((rsa->key_id() == "2011-04-29"));
    BOOST_TEST(rsa->ready().size() == 1u);
    const auto okp = jwk::parse(R"({"kty":"OKP","crv":"Ed25519","x":")" + ed25519_x + "\"}");
    BOOST_REQUIRE(okp.has_value());
    BOOST_TEST(okp->thumbprint() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

BOOST_AUTO_TEST_CASE(a_private_key_has_its_public_thumbprint_and_shows_nothing_more) {
    const auto secret = jwk::parse(cookbook_key("3_4.rsa_private_key.json"));
    const auto open = jwk::parse(cookbook_key("3_3.rsa_public_key.json"));
    BOOST_REQUIRE((secret.has_value() && open.has_value()));
    BOOST_TEST(secret->thumbprint() == open->thumbprint());
    const auto shown = secret->public_members();
    BOOST_REQUIRE(shown.has_value());
    BOOST_TEST(json::serialize(*shown) == json::serialize(*open->public_members()));
    for (const char* name : {"d", "p", "q", "dp", "dq", "qi"})
        BOOST_TEST(!shown->contains(name));
    const auto oct = jwk::parse(cookbook_key("3_5.symmetric_key_mac_computation.json"));
    BOOST_REQUIRE(oct.has_value());
    BOOST_TEST(!oct->public_members().has_value());
}

BOOST_AUTO_TEST_CASE(a_key_is_ready_for_what_it_may_be_used_with) {
    const std::string k48 = crypto::encode_base64url(std::string(48, 'k'));
    struct {
        json::object key;
        std::vector<jws_algorithm> ready;
    } const cases[] = {
        {cookbook_key("3_1.ec_public_key.json"), {jws_algorithm::es512}},
        {cookbook_key("3_3.rsa_public_key.json"),
         {jws_algorithm::rs256, jws_algorithm::rs384, jws_algorithm::rs512, jws_algorithm::ps256,
          jws_algorithm::ps384, jws_algorithm::ps512}},
        {with(cookbook_key("3_3.rsa_public_key.json"), "alg", "PS384"), {jws_algorithm::ps384}},
        {{{"kty", "oct"}, {"k", k48}}, {jws_algorithm::hs256, jws_algorithm::hs384}},
        {{{"kty", "oct"}, {"k", k48}, {"alg", "HS256"}}, {jws_algorithm::hs256}},
        {{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", ed25519_x}}, {jws_algorithm::eddsa}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(json::serialize(c.key).substr(0, 60)) {
            const auto key = jwk::parse(c.key);
            BOOST_REQUIRE(key.has_value());
            std::vector<jws_algorithm> ready;
            for (const auto& k : key->ready())
                ready.push_back(k.algorithm());
            BOOST_TEST((ready == c.ready));
        }
}

BOOST_AUTO_TEST_CASE(refuses_keys_that_are_no_use) {
    const auto rsa = cookbook_key("3_4.rsa_private_key.json");
    const auto ec = cookbook_key("3_2.ec_private_key.json");
    const json::object okp = {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", ed25519_x}};
    const json::object oct = {{"kty", "oct"}, {"k", number(std::string(32, 'k'))}};
    struct {
        const char* name;
        json::object key;
    } const cases[] = {
        {"nothing", {}},
        {"an unknown type", with(oct, "kty", "AES")},
        {"a type that is no string", with(oct, "kty", 7)},
        {"no secret", without(oct, "k")},
        {"an empty secret", with(oct, "k", "")},
        {"a short secret", with(oct, "k", number(std::string(31, 'k')))},
        {"a secret too short for its algorithm", with(oct, "alg", "HS384")},
        {"a padded secret", with(oct, "k", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")},
        {"another type's algorithm", with(oct, "alg", "RS256")},
        {"an unknown algorithm", with(ec, "alg", "ES521")},
        {"another curve's algorithm", with(ec, "alg", "ES256")},
        {"an algorithm that is no string", with(oct, "alg", json::array{"HS256"})},
        {"for encryption", with(rsa, "use", "enc")},
        {"a use that is no string", with(rsa, "use", true)},
        {"operations without verify", with(rsa, "key_ops", json::array{"sign"})},
        {"operations that are no list", with(rsa, "key_ops", "verify")},
        {"a key id that is no string", with(rsa, "kid", 1)},
        {"no modulus", without(rsa, "n")},
        {"a short modulus", with(rsa, "n", number(std::string(255, '\xff')))},
        {"a huge modulus", with(rsa, "n", number(std::string(1025, '\xff')))},
        {"an even modulus", with(rsa, "n", number(std::string(255, '\xff') + '\xfe'))},
        {"an exponent of 1", with(rsa, "e", "AQ")},
        {"an even exponent", with(rsa, "e", "AQAA")},
        {"a huge exponent", with(rsa, "e", number(std::string(9, '\xff')))},
        {"somebody else's private exponent", with(rsa, "d", "AQAB")},
        {"one prime of two", without(rsa, "q")},
        {"no primes", without(without(rsa, "p"), "q")},
        {"no coefficient", without(rsa, "qi")},
        {"primes without a private exponent", without(rsa, "d")},
        {"an unknown curve", with(ec, "crv", "secp256k1")},
        {"no curve", without(ec, "crv")},
        {"another curve", with(ec, "crv", "P-256")},
        {"a point off its curve", with(ec, "x", *ec.if_contains("y"))},
        {"half a point", without(ec, "y")},
        {"a short coordinate", with(ec, "x", number(std::string(65, '\x01')))},
        {"somebody else's private number", with(ec, "d", number(std::string(66, '\0') + '\x01'))},
        {"another Edwards curve", with(okp, "crv", "X25519")},
        {"a short x", with(okp, "x", "AAAA")},
        {"a private part that is not x's", with(okp, "d", number(std::string(32, 'd')))},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto key = jwk::parse(c.key);
            BOOST_REQUIRE(!key.has_value());
            BOOST_TEST(!key.error().message.empty());
        }
}

// Points of the curve of RFC 8032, section 5.1: y in little endian, and the sign of x in the last
// bit. Under a point of small order anybody's signature verifies.
BOOST_AUTO_TEST_CASE(an_ed25519_key_is_a_point_that_binds) {
    // The first byte, thirty equal bytes, and the last byte.
    const auto point = [](unsigned low, unsigned between, unsigned last) {
        std::string bytes(32, static_cast<char>(between));
        bytes[0] = static_cast<char>(low);
        bytes[31] = static_cast<char>(last);
        return bytes;
    };
    const auto from_hex = [](const std::string& text) {
        std::string bytes;
        for (std::size_t i = 0; i < text.size(); i += 2)
            bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
        return bytes;
    };
    const auto eighth =
        from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    const auto other_eighth =
        from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    const auto negative = [](std::string x) {
        x[31] = static_cast<char>(x[31] | 0x80);
        return x;
    };
    const std::string canonical = "its x is not written canonically";
    const std::string small = "its x is a point of small order";
    const std::string off = "its x is no point of the curve";
    struct {
        const char* name;
        std::string x;
        std::string why; ///< empty if it is good
    } const cases[] = {
        {"order 4", point(0, 0, 0), small},
        {"order 1", point(1, 0, 0), small},
        {"order 2", point(0xec, 0xff, 0x7f), small},
        {"order 8", eighth, small},
        {"order 8, the other", other_eighth, small},
        {"zero again", point(0xed, 0xff, 0x7f), canonical},
        {"one again", point(0xee, 0xff, 0x7f), canonical},
        {"a good one again", point(0xf0, 0xff, 0x7f), canonical},
        {"the greatest", point(0xff, 0xff, 0x7f), canonical},
        {"y = 2", point(2, 0, 0), off},
        {"y = 3", point(3, 0, 0), ""},
        {"y = 4", point(4, 0, 0), ""},
        {"y = 7", point(7, 0, 0), off},
        {"y = p - 2", point(0xeb, 0xff, 0x7f), off},
        {"y = p - 3", point(0xea, 0xff, 0x7f), ""},
    };
    for (const auto& c : cases)
        for (const auto& x : {c.x, negative(c.x)})
            BOOST_TEST_CONTEXT(c.name) {
                const auto key =
                    jwk::parse(json::object{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", number(x)}});
                BOOST_TEST((key ? "" : key.error().message) == c.why);
            }
}

// One algorithm has two names, in JWKs as in tokens (RFC 9864, section 2.2).
BOOST_AUTO_TEST_CASE(eddsa_is_also_called_ed25519) {
    const json::object secret = {{"kty", "OKP"},
                                 {"crv", "Ed25519"},
                                 {"x", ed25519_x},
                                 {"d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}};
    const json::object open = without(secret, "d");
    const std::array allowed = {jws_algorithm::eddsa};
    for (const char* of_key : {"", "EdDSA", "Ed25519"})
        for (const char* of_token : {"EdDSA", "Ed25519", "ed25519", "Ed448"})
            BOOST_TEST_CONTEXT(of_key << ' ' << of_token) {
                const auto named = [&](const json::object& key) {
                    return test::parsed(*of_key ? with(key, "alg", of_key) : key);
                };
                const auto token = test::signed_token(R"({"alg":")" + std::string(of_token) + "\"}",
                                                      "{}", named(secret), jws_algorithm::eddsa);
                auto read = crypto::unverified_token::read(token);
                BOOST_REQUIRE(read.has_value());
                const bool good =
                    std::string(of_token).starts_with("Ed") && std::string(of_token) != "Ed448";
                BOOST_TEST(crypto::verified_token::verify(std::move(*read), named(open), allowed)
                               .has_value() == good);
            }
    BOOST_TEST(!jwk::parse(with(open, "alg", "Ed448")).has_value());
    BOOST_TEST(!jwk::parse(with(cookbook_key("3_1.ec_public_key.json"), "alg", "Ed25519")));
    // It is published under its older name, which every client knows.
    BOOST_TEST(jwk::parse(with(open, "alg", "Ed25519"))->public_members()->at("alg").as_string() ==
               "EdDSA");
}

BOOST_AUTO_TEST_CASE(a_set_ignores_keys_that_are_no_use) {
    const auto rsa = cookbook_key("3_3.rsa_public_key.json");
    const json::object text = {
        {"keys", json::array{rsa, json::object{{"kty", "XYZ"}, {"kid", "x"}}, 7}}};
    const auto set = crypto::parse_jwk_set(json::serialize(text), {});
    BOOST_REQUIRE(set.has_value());
    BOOST_TEST(set->keys.size() == 1u);
    BOOST_REQUIRE(set->unusable.size() == 2u);
    BOOST_TEST((set->unusable[0].key_id == "x"));
}

BOOST_AUTO_TEST_CASE(refuses_sets) {
    const auto rsa = cookbook_key("3_3.rsa_public_key.json");
    const auto secret = cookbook_key("3_4.rsa_private_key.json");
    const auto oct = cookbook_key("3_5.symmetric_key_mac_computation.json");
    const auto set_of = [](json::array keys) {
        return json::serialize(json::object{{"keys", std::move(keys)}});
    };
    for (const auto& text :
         {std::string("{}"), std::string("[]"), std::string(R"({"keys":{}})"),
          std::string(R"({"keys":[],"keys":[]})"), set_of({rsa, rsa}), set_of({secret}),
          set_of({oct}), set_of(json::array(65, json::value(7)))})
        BOOST_TEST_CONTEXT(text.substr(0, 80)) {
            BOOST_TEST(!crypto::parse_jwk_set(text, {}).has_value());
        }
    BOOST_TEST(crypto::parse_jwk_set(set_of({oct}), {.symmetric = true}).has_value());
    BOOST_TEST(crypto::parse_jwk_set(set_of({}), {}).has_value());
    BOOST_TEST(!crypto::parse_jwk_set(set_of({rsa}), {.bytes_max = 100}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
