#include <latchkey/crypto/base62.hpp>
#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/jwk.hpp>
#include <latchkey/crypto/jws.hpp>
#include <latchkey/crypto/signing_key_pair.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <array>

using namespace latchkey;
using crypto::jwk;
using crypto::jws_algorithm;
namespace json = boost::json;

namespace {

constexpr auto every_algorithm = [] {
    std::array<jws_algorithm, crypto::jws_algorithms.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<jws_algorithm>(i);
    return all;
}();

bool is_symmetric(jws_algorithm a) {
    return crypto::traits_of(a).type == crypto::key_type::oct;
}

json::object object_of(std::string_view text) {
    return json::parse({text.data(), text.size()}).as_object();
}

std::string signed_by(const jwk& key, jws_algorithm a, const crypto::signing_key_pair& pair) {
    return crypto::compact_signer(*key.ready_for(a), "JWT", pair.key_id)
        .sign(R"({"sub":"a"})")
        .value();
}

// Allows every algorithm, so that only the JWK decides.
bool verifies(const std::string& token, const jwk& key) {
    auto read = crypto::unverified_token::read(token);
    return read && crypto::verified_token::verify(std::move(*read), key, every_algorithm);
}

std::size_t bytes_in(const json::object& o, const char* member) {
    return crypto::decode_base64url(std::string(o.at(member).as_string())).value().size();
}

} // namespace

BOOST_AUTO_TEST_SUITE(signing_key_pair)

BOOST_AUTO_TEST_CASE(what_the_private_text_signs_the_public_one_verifies) {
    for (const auto algorithm : every_algorithm)
        BOOST_TEST_CONTEXT(crypto::traits_of(algorithm).name) {
            const auto pair = crypto::generate_signing_key_pair(algorithm);
            BOOST_REQUIRE(pair.has_value());
            const auto key = jwk::parse(pair->private_jwk.reveal());
            BOOST_REQUIRE(key.has_value());
            BOOST_REQUIRE(key->ready().size() == 1u);
            BOOST_TEST((key->ready().front().algorithm() == algorithm));
            BOOST_TEST((key->key_id() == pair->key_id));
            const auto token = signed_by(*key, algorithm, *pair);
            BOOST_TEST(verifies(token, *key));
            if (is_symmetric(algorithm)) continue;
            const auto open = jwk::parse(pair->public_jwk);
            BOOST_REQUIRE(open.has_value());
            BOOST_TEST(verifies(token, *open));
            BOOST_TEST(!open->ready_for(algorithm)->sign("a").has_value());
        }
}

BOOST_AUTO_TEST_CASE(each_text_has_its_members_and_no_others) {
    struct {
        jws_algorithm algorithm;
        std::vector<std::string_view> open, hidden;
    } const cases[] = {
        {jws_algorithm::rs256, {"kty", "n", "e"}, {"d", "p", "q", "dp", "dq", "qi"}},
        {jws_algorithm::es256, {"kty", "crv", "x", "y"}, {"d"}},
        {jws_algorithm::eddsa, {"kty", "crv", "x"}, {"d"}},
        {jws_algorithm::hs256, {"kty"}, {"k"}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(crypto::traits_of(c.algorithm).name) {
            const auto pair = crypto::generate_signing_key_pair(c.algorithm).value();
            auto hidden = object_of(pair.private_jwk.reveal());
            for (const auto name : c.hidden)
                BOOST_TEST(hidden.erase(name) == 1u, name);
            if (!is_symmetric(c.algorithm)) BOOST_TEST((hidden == object_of(pair.public_jwk)));
            BOOST_TEST((hidden.at("alg") == json::value(crypto::traits_of(c.algorithm).name)));
            BOOST_TEST((hidden.at("use") == json::value("sig")));
            BOOST_TEST((hidden.at("kid") == json::value(pair.key_id)));
            for (const auto name : c.open)
                BOOST_TEST(hidden.contains(name), name);
            BOOST_TEST(hidden.size() == c.open.size() + 3);
        }
}

BOOST_AUTO_TEST_CASE(a_public_key_is_named_by_its_thumbprint) {
    for (const auto algorithm : {jws_algorithm::ps256, jws_algorithm::es384, jws_algorithm::eddsa})
        BOOST_TEST_CONTEXT(crypto::traits_of(algorithm).name) {
            const auto pair = crypto::generate_signing_key_pair(algorithm).value();
            BOOST_TEST(pair.key_id == jwk::parse(pair.public_jwk)->thumbprint());
            BOOST_TEST(pair.key_id == jwk::parse(pair.private_jwk.reveal())->thumbprint());
        }
}

BOOST_AUTO_TEST_CASE(a_symmetric_key_publishes_nothing_of_itself) {
    for (const auto algorithm : {jws_algorithm::hs256, jws_algorithm::hs384, jws_algorithm::hs512})
        BOOST_TEST_CONTEXT(crypto::traits_of(algorithm).name) {
            const auto pair = crypto::generate_signing_key_pair(algorithm).value();
            BOOST_TEST(pair.public_jwk.empty());
            BOOST_TEST(pair.key_id.size() == 22u);
            BOOST_TEST(std::ranges::all_of(pair.key_id, crypto::is_base62));
            const auto hidden = object_of(pair.private_jwk.reveal());
            BOOST_TEST(bytes_in(hidden, "k") == crypto::traits_of(algorithm).digest_bytes);
        }
}

BOOST_AUTO_TEST_CASE(two_keys_differ) {
    for (const auto algorithm : {jws_algorithm::rs256, jws_algorithm::es256, jws_algorithm::es512,
                                 jws_algorithm::eddsa, jws_algorithm::hs256})
        BOOST_TEST_CONTEXT(crypto::traits_of(algorithm).name) {
            const auto one = crypto::generate_signing_key_pair(algorithm).value();
            const auto two = crypto::generate_signing_key_pair(algorithm).value();
            BOOST_TEST(one.key_id != two.key_id);
            BOOST_TEST((one.private_jwk.reveal() != two.private_jwk.reveal()));
            BOOST_TEST(
                !verifies(signed_by(jwk::parse(one.private_jwk.reveal()).value(), algorithm, one),
                          jwk::parse(two.private_jwk.reveal()).value()));
        }
}

// Half of all P-521 coordinates begin with a zero byte, so some here do.
BOOST_AUTO_TEST_CASE(coordinates_are_as_long_as_the_curve_says) {
    for (const auto algorithm : {jws_algorithm::es256, jws_algorithm::es384, jws_algorithm::es512})
        for (int i = 0; i < 40; ++i) {
            const auto pair = crypto::generate_signing_key_pair(algorithm).value();
            const auto hidden = object_of(pair.private_jwk.reveal());
            for (const char* member : {"x", "y", "d"})
                BOOST_TEST(bytes_in(hidden, member) ==
                           crypto::traits_of(algorithm).coordinate_bytes);
            BOOST_TEST(jwk::parse(pair.private_jwk.reveal()).has_value());
        }
}

BOOST_AUTO_TEST_CASE(an_rsa_key_has_the_bits_that_were_asked_for) {
    const auto pair = crypto::generate_signing_key_pair(jws_algorithm::rs256, 3072).value();
    BOOST_TEST(bytes_in(object_of(pair.public_jwk), "n") == 3072u / 8);
    for (const std::size_t bits : {std::size_t{0}, std::size_t{512}, std::size_t{2047},
                                   std::size_t{8193}, std::size_t{0} - 1}) {
        const auto refused = crypto::generate_signing_key_pair(jws_algorithm::ps512, bits);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().kind == core::failure_kind::invalid));
    }
    BOOST_TEST(crypto::generate_signing_key_pair(jws_algorithm::eddsa, 0).has_value());
    BOOST_TEST(ERR_peek_error() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
