#include <latchkey/server/issuers.hpp>

#include "../crypto/support.hpp"
#include "settings_folder.hpp"

#include <boost/json/serialize.hpp>

#include <string>

using namespace latchkey;
using server_tests::folder;
using server_tests::mistakes_in;

namespace {

const std::string usual = R"([[issuers]]
issuer = "https://a"
audiences = "api"
)";

server::configuration configured(const std::string& toml) {
    const folder here;
    server::configuration_sources sources;
    sources.file = here.write("latchkey.toml", toml);
    return server_tests::load(sources);
}

std::string public_set() {
    auto key = test::rsa_public_key();
    key["kid"] = "r1";
    return boost::json::serialize(
        boost::json::object{{"keys", boost::json::array{key, {{"kty", "XYZ"}, {"kid", "odd"}}}}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(issuers)

BOOST_AUTO_TEST_CASE(each_table_is_an_issuer) {
    const auto c = configured(usual + "jwks_file = \"/a\"\n" +
                              "[[issuers]]\nissuer = \"b\"\nany_audience = true\n"
                              "secret_file = \"/b\"\nleeway = \"5s\"\n"
                              "token_types = \"application/X, jwt\"\n");
    BOOST_REQUIRE(c.issuers.size() == 2u);
    BOOST_TEST(c.issuers[0].issuer == "https://a");
    BOOST_TEST((c.issuers[0].leeway == core::seconds(30)));
    const auto first = auth::make_rules(c.issuers[0]);
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->algorithms.size() == 4u);
    BOOST_TEST(!auth::is_symmetric(*first));
    const auto second = auth::make_rules(c.issuers[1]);
    BOOST_REQUIRE(second.has_value());
    BOOST_TEST((second->algorithms == std::vector{crypto::jws_algorithm::hs256}));
    BOOST_TEST((second->leeway == core::seconds(5)));
    BOOST_TEST((second->token_types == std::vector<std::string>{"x", "jwt"}));
}

BOOST_AUTO_TEST_CASE(mistakes_name_the_place_and_the_mend) {
    struct {
        std::string toml;
        const char* says;
    } const cases[] = {
        {"issuers = 1\n", "FILE:1: issuers: is an integer; expected tables that begin with "
                          "[[issuers]]"},
        {"[issuers]\nissuer = \"a\"\n",
         "FILE:1: issuers: is a table; expected tables that begin with [[issuers]]"},
        {"[[issuers]]\n", "FILE:1: issuers.issuer: is missing; expected the tokens' \"iss\""},
        {usual + "jwks_fil = \"/a\"\n",
         "FILE:4: issuers.jwks_fil: no such key; did you mean issuers.jwks_file?"},
        {usual, "FILE:1: issuers.jwks_file: expected either jwks_file or secret_file"},
        {usual + "jwks_file = \"/a\"\nsecret_file = \"/b\"\n",
         "FILE:1: issuers.jwks_file: expected either jwks_file or secret_file"},
        {"[[issuers]]\nissuer = \"a\"\njwks_file = \"/a\"\n",
         "FILE:1: issuers.audiences: is empty; expected who the tokens are for, or any_audience = "
         "true"},
        {usual + "jwks_file = \"/a\"\nalgorithms = \"RS256, none\"\n",
         "FILE:5: issuers.algorithms: \"RS256, none\" is not well formed; expected names such as "
         "\"RS256, ES256\""},
        {usual + "jwks_file = \"/a\"\nalgorithms = \"RS256, HS256\"\n",
         "FILE:1: issuers.algorithms: HS algorithms and others exclude each other: a public key "
         "must never be taken for a secret"},
        {usual + "secret_file = \"/a\"\nalgorithms = \"RS256\"\n",
         "FILE:1: issuers.algorithms: secret_file needs HS256, HS384 or HS512"},
        {usual + "jwks_file = \"/a\"\nleeway = \"61s\"\n",
         "FILE:5: issuers.leeway: \"61s\" is out of range; expected a duration from 0s to 1m, such "
         "as \"30s\""},
        {usual + "jwks_file = \"/a\"\n" + usual + "jwks_file = \"/a\"\n",
         "FILE:5: issuers.issuer: is the same as another's; expected one [[issuers]] for each "
         "issuer"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.toml) {
            BOOST_TEST(mistakes_in(c.toml) == c.says);
        }
}

BOOST_AUTO_TEST_CASE(keys_come_from_files) {
    const folder here;
    server::configuration settings;
    settings.issuers.resize(2);
    settings.issuers[0] = {
        .issuer = "a", .jwks_file = here.write("jwks", public_set()), .audiences = "api"};
    settings.issuers[1] = {.issuer = "b",
                           .secret_file = here.write("secret", std::string(32, 's') + '\n'),
                           .any_audience = true};
    const auto loaded = server::load_issuers(settings);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), (loaded ? "" : loaded.error().message));
    BOOST_REQUIRE(loaded->warnings.size() == 1u);
    BOOST_TEST(loaded->warnings[0].find("\"odd\"") != std::string::npos);
    BOOST_REQUIRE(loaded->set->find("a"));
    BOOST_TEST(loaded->set->find("a")->keys->find("r1", crypto::jws_algorithm::rs256));
    BOOST_REQUIRE(loaded->set->find("b"));
    const auto* secret = loaded->set->find("b")->keys->find({}, crypto::jws_algorithm::hs256);
    BOOST_REQUIRE(secret);
    // The line feed that an editor left is not part of it.
    BOOST_TEST(secret->thumbprint() ==
               test::parsed(test::oct_key(std::string(32, 's'))).thumbprint());
    BOOST_TEST(!loaded->set->find("c"));
}

BOOST_AUTO_TEST_CASE(files_that_are_no_good_are_named) {
    const folder here;
    struct {
        std::string jwks_file;
        std::string secret_file;
        const char* says;
    } const cases[] = {
        {"/nonexistent", "", "cannot be read"},
        {here.path(), "", "cannot be read"},
        {here.write("empty", ""), "", "is no good"},
        {here.write("none", R"({"keys":[]})"), "", "holds no key that can be used"},
        {here.write("private", R"({"keys":[{"kty":"oct","k":"AA"}]})"), "",
         "publishes a private or symmetric key"},
        {here.write("large", std::string(70000, ' ')), "", "is larger than"},
        {"", here.write("short", "short\n"), "holds no good secret"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.jwks_file << c.secret_file) {
            server::configuration settings;
            settings.issuers.push_back({.issuer = "https://a",
                                        .jwks_file = c.jwks_file,
                                        .secret_file = c.secret_file,
                                        .audiences = "api"});
            const auto loaded = server::load_issuers(settings);
            BOOST_REQUIRE(!loaded.has_value());
            const auto& message = loaded.error().message;
            BOOST_TEST(message.starts_with("issuer \"https://a\": the file \""), message);
            BOOST_TEST(message.find(c.says) != std::string::npos, message);
        }
}

BOOST_AUTO_TEST_SUITE_END()
