#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/auth/why_malformed.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

namespace {

std::string token_of(std::string_view header, std::string_view claims) {
    return crypto::encode_base64url(header) + '.' + crypto::encode_base64url(claims) + ".AAAA";
}

bool says(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(why_malformed)

BOOST_AUTO_TEST_CASE(of_keys) {
    const auto good = std::string(auth::generate_api_key("live").value().reveal());
    auto mistyped = good;
    mistyped.back() = mistyped.back() == 'a' ? 'b' : 'a';
    const auto token = token_of(R"({"alg":"RS256"})", "{}");
    struct {
        std::string key;
        const char* why;
    } const cases[] = {
        {"", "empty"},
        {good + "\n", "line feed"},
        {good + "\r\n", "line feed"},
        {" " + good, "white space"},
        {"Bearer " + good, "Bearer"},
        {'"' + good + '"', "quotation marks"},
        {token, "a token, and no API key"},
        {"lkd_1234567890123456789012345678901234567", "a device's secret"},
        {mistyped, "checksum"},
        {"lk_live_short", "checksum"},
        {"short", "shorter than 8"},
        {std::string(513, 'k'), "longer than 512"},
        {"a key with spaces", "visible ASCII"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.key) {
            const auto why = auth::why_malformed_key(c.key, true);
            BOOST_TEST(says(why, c.why), why);
        }
    BOOST_TEST(says(auth::why_malformed_key("somebody-elses-key", false), "accept_foreign_keys"));
}

BOOST_AUTO_TEST_CASE(of_tokens) {
    const auto good = token_of(R"({"alg":"RS256"})", "{}");
    struct {
        std::string token;
        const char* why;
    } const cases[] = {
        {"", "empty"},
        {good + "\n", "line feed"},
        {"bearer " + good, "Bearer"},
        {"lk_live_abc", "an API key, and no token"},
        {"abc", "three parts"},
        {"a.b.c.d.e", "encrypted"},
        {"a.b.c", "header"},
        {token_of("{}", "{}"), "header"},
        {token_of(R"({"alg":"RS256"})", "[]"), "claims are no JSON object"},
        {good, "issuer's rules"},
        {std::string(9000, 'a'), "tokens.length_max"},
        {token_of(R"({"alg":"RS256"})", R"({"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{}}}}}}}}})"),
         "tokens.depth_max"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.token.substr(0, 40)) {
            const auto why = auth::why_malformed_token(c.token, {});
            BOOST_TEST(says(why, c.why), why);
        }
}

BOOST_AUTO_TEST_CASE(of_devices) {
    BOOST_TEST(says(auth::why_malformed_device("", "s"), "device_id is empty"));
    BOOST_TEST(says(auth::why_malformed_device("d", ""), "device_secret is empty"));
    BOOST_TEST(says(auth::why_malformed_device("d", std::string(9999, 's')), "too long"));
}

BOOST_AUTO_TEST_SUITE_END()
