// Published vectors; see tests/vectors/README.md.
#include "support.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/jws.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <filesystem>
#include <set>

using namespace latchkey;
using crypto::jwk;
using crypto::jws_algorithm;
namespace json = boost::json;

namespace {

constexpr auto all_algorithms = [] {
    std::array<jws_algorithm, crypto::jws_algorithms.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<jws_algorithm>(i);
    return all;
}();

// The payload if the token is valid, else nullopt.
std::optional<std::string> payload_of(const std::string& text, const jwk& key) {
    auto token = crypto::unverified_token::read(text);
    if (!token) return std::nullopt;
    auto verified = crypto::verified_token::verify(std::move(*token), key, all_algorithms);
    if (!verified) return std::nullopt;
    return verified->payload();
}

} // namespace

BOOST_AUTO_TEST_SUITE(jws_vectors)

BOOST_AUTO_TEST_CASE(wycheproof) {
    const std::set<std::int64_t> not_valid_here = {346, 347, 350, 351, 372, 373};
    // Their text is that of case 357, which is valid: their padding was lost when they were
    // published.
    const std::set<std::int64_t> valid_after_all = {367, 370};
    const auto all = test::read_json(test::vectors() / "json_web_signature_test.json");
    int cases = 0;
    for (const auto& group : all.at("testGroups").as_array()) {
        const auto& o = group.as_object();
        const auto* found = o.if_contains("public");
        const auto key = jwk::parse((found ? *found : o.at("private")).as_object());
        for (const auto& c : o.at("tests").as_array()) {
            const auto id = c.at("tcId").as_int64();
            const bool valid =
                valid_after_all.contains(id) ||
                (c.at("result").as_string() == "valid" && !not_valid_here.contains(id));
            BOOST_TEST_CONTEXT("tcId " << id << ": " << c.at("comment").as_string()) {
                const auto payload =
                    key ? payload_of(std::string(c.at("jws").as_string()), *key) : std::nullopt;
                BOOST_TEST(payload.has_value() == valid);
            }
            ++cases;
        }
    }
    BOOST_TEST(cases == 401);
}

// The examples of RFC 7520, section 4, and RFC 8037 are verified; where nothing is random, signing
// gives the same text.
BOOST_AUTO_TEST_CASE(cookbook) {
    int verified = 0;
    for (const auto* folder : {"jws", "curve25519"})
        for (const auto& file :
             std::filesystem::directory_iterator(test::vectors() / "cookbook" / folder))
            BOOST_TEST_CONTEXT(file.path().filename()) {
                const auto example = test::read_json(file.path());
                const auto* compact = example.at("output").as_object().if_contains("compact");
                if (!compact) continue; // it has the JSON serialization only
                const auto& input = example.at("input").as_object();
                const auto key = jwk::parse(input.at("key").as_object());
                BOOST_REQUIRE_MESSAGE(key.has_value(), key.error().message);
                const std::string text(compact->as_string());
                const bool detached = text.find("..") != std::string::npos;
                const auto payload = payload_of(text, *key);
                BOOST_TEST(payload.has_value() == !detached);
                if (!payload) continue;
                BOOST_TEST(*payload == std::string(input.at("payload").as_string()));
                ++verified;
                const auto* reproducible = example.as_object().if_contains("reproducible");
                if (!reproducible || !reproducible->as_bool()) continue;
                const auto dot = text.rfind('.');
                const auto algorithm = crypto::jws_algorithm_named(
                    std::string(example.at("input").at("alg").as_string()));
                const auto signature = key->ready_for(*algorithm)->sign(text.substr(0, dot));
                BOOST_REQUIRE(signature.has_value());
                BOOST_TEST(crypto::encode_base64url(*signature) == text.substr(dot + 1));
            }
    BOOST_TEST(verified == 5);
}

BOOST_AUTO_TEST_CASE(unencoded_payloads_are_refused) {
    const auto example =
        test::read_json(test::vectors() / "cookbook/rfc7797/hmac-sha2_b64_false.json");
    const auto key = jwk::parse(example.at("input").at("key").as_object());
    BOOST_REQUIRE(key.has_value());
    const auto token = std::string(example.at("output").at("compact").as_string());
    BOOST_TEST(!payload_of(token, *key).has_value());
}

BOOST_AUTO_TEST_CASE(cookbook_keys) {
    int keys = 0;
    for (const auto& file : std::filesystem::directory_iterator(test::vectors() / "cookbook/jwk"))
        BOOST_TEST_CONTEXT(file.path().filename()) {
            const auto o = test::read_json(file.path()).as_object();
            const bool for_signatures = o.at("use").as_string() == "sig";
            BOOST_TEST(jwk::parse(o).has_value() == for_signatures);
            ++keys;
        }
    BOOST_TEST(keys == 6);
}

BOOST_AUTO_TEST_SUITE_END()
