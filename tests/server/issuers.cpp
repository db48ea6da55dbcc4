#include "server/process/issuers.hpp"
#include "../crypto/support.hpp"
#include "../support/certificates.hpp"
#include "settings_folder.hpp"

#include <latchkey/auth/token/token_lives.hpp>

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

const std::string of_supabase = R"([[issuers]]
preset = "supabase"
project = "abcdefghijklmnopqrst"
)";

using algorithms = std::vector<crypto::jws_algorithm>;
using enum crypto::jws_algorithm;

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

const server::loaded_issuer* find(const server::loaded_issuers& loaded, const std::string& name) {
    for (const auto& one : loaded.all)
        if (one.rules.issuer == name) return &one;
    return nullptr;
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
    BOOST_TEST((second->algorithms == std::vector{hs256}));
    BOOST_TEST((second->leeway == core::seconds(5)));
    BOOST_TEST((second->token_types == std::vector<std::string>{"x", "jwt"}));
}

BOOST_AUTO_TEST_CASE(mistakes_name_the_place_and_the_mend) {
    const std::string one_source = "expected exactly one of jwks_file, jwks_url and secret_file";
    struct {
        std::string toml;
        std::string says;
    } const cases[] = {
        {"issuers = 1\n", "FILE:1: issuers: is an integer; expected tables that begin with "
                          "[[issuers]]"},
        {"[issuers]\nissuer = \"a\"\n",
         "FILE:1: issuers: is a table; expected tables that begin with [[issuers]]"},
        {"[[issuers]]\n", "FILE:1: issuers.issuer: is missing; expected the tokens' \"iss\""},
        {usual + "jwks_fil = \"/a\"\n",
         "FILE:4: issuers.jwks_fil: no such setting; did you mean issuers.jwks_file?"},
        {usual, "FILE:1: issuers.jwks_file: " + one_source},
        {usual + "jwks_file = \"/a\"\nsecret_file = \"/b\"\n",
         "FILE:1: issuers.jwks_file: " + one_source},
        {usual + "jwks_url = \"https://a/\"\nsecret_file = \"/b\"\n",
         "FILE:1: issuers.jwks_file: " + one_source},
        {usual + "jwks_file = \"/a\"\njwks_url = \"https://a/\"\n",
         "FILE:1: issuers.jwks_file: " + one_source},
        {usual + "jwks_url = \"http://a/\"\n",
         "FILE:1: issuers.jwks_url: expected a URL that begins with \"https://\"; with "
         "\"http://\", whoever is between can put keys of his own into the set, and allow_http = "
         "true allows that"},
        {usual + "jwks_url = \"https://a/\"\nalgorithms = \"HS256\"\n",
         "FILE:1: issuers.algorithms: the key set needs others than HS256, HS384 and HS512: what "
         "is "
         "published is no secret"},
        {usual + "jwks_url = \"https://a/\"\nalgorithms = \"HS256, RS256\"\n",
         "FILE:1: issuers.algorithms: HS algorithms and others exclude each other: a public key "
         "must never be taken for a secret"},
        {usual + "jwks_url = \"https://a/\"\njwks_cooldown = \"2s\"\n",
         "FILE:1: issuers.jwks_timeout: is more than jwks_cooldown; expected at most that"},
        {usual + "jwks_url = \"https://a/\"\njwks_refresh = \"20s\"\n",
         "FILE:1: issuers.jwks_cooldown: is more than jwks_refresh; expected at most that"},
        {usual + "jwks_url = \"https://a/\"\njwks_keep = \"9m\"\n",
         "FILE:1: issuers.jwks_refresh: is more than jwks_keep; expected at most that"},
        {usual + "jwks_url = \"https://a/\"\njwks_bytes_max = \"2MiB\"\n",
         "FILE:5: issuers.jwks_bytes_max: \"2MiB\" is out of range; expected a size from 1KiB to "
         "1MiB, such as \"64KiB\""},
        {usual + "jwks_file = \"/a\"\nproject = \"abc\"\n",
         "FILE:1: issuers.project: needs preset = \"supabase\""},
        {usual + "preset = \"supabase\"\n",
         "FILE:1: issuers.project: is missing; expected the reference of the Supabase project"},
        {usual + "preset = \"firebase\"\nproject = \"abc\"\n",
         "FILE:4: issuers.preset: \"firebase\" is not well formed; expected \"supabase\", or "
         "nothing"},
        {usual + "preset = \"supabase\"\nproject = \"a.example/\"\n",
         "FILE:5: issuers.project: \"a.example/\" is not well formed; expected 1 to 63 small "
         "letters, "
         "digits and hyphens"},
        {of_supabase + "jwks_file = \"/a\"\njwks_url = \"https://a/\"\n",
         "FILE:1: issuers.jwks_file: " + one_source},
        {of_supabase + "secret_file = \"/a\"\nalgorithms = \"HS256\"\n",
         "FILE:1: issuers.algorithms: the key set needs others than HS256, HS384 and HS512: what "
         "is "
         "published is no secret"},
        {of_supabase + "secret_file = \"/a\"\nalgorithms = \"RS256\"\n",
         "FILE:1: issuers.algorithms: secret_file needs HS256, HS384 or HS512"},
        {of_supabase + "algorithms = \"RS256, HS256\"\n",
         "FILE:1: issuers.algorithms: HS algorithms and others exclude each other: a public key "
         "must never be taken for a secret"},
        {of_supabase + of_supabase,
         "FILE:4: issuers.issuer: is the same as another's; expected one [[issuers]] for each "
         "issuer"},
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
        {usual + "jwks_file = \"/a\"\norganizations = \"o\"\n",
         "FILE:1: issuers.organizations: needs organization_claim, which says where tokens name "
         "one"},
        {usual + "jwks_file = \"/a\"\norganization_claim = \"o\"\norganizations = \" ,\"\n",
         "FILE:1: issuers.organizations: names nobody; expected ids, or \"\" for all"},
        {usual + "jwks_file = \"/a\"\nstrict_organizations = true\n",
         "FILE:1: issuers.strict_organizations: needs organization_claim, which says where tokens "
         "name one"},
        {usual + "jwks_file = \"/a\"\naudience_claims = \" , \"\n",
         "FILE:1: issuers.audience_claims: is empty; expected names of claims, such as \"aud\""},
        {usual + "jwks_file = \"/a\"\nmax_token_lifetime = \"367d\"\n",
         "FILE:5: issuers.max_token_lifetime: \"367d\" is out of range; expected a duration from "
         "1m "
         "to 366d, or \"unbounded\", such as \"1d\""},
        {usual + "jwks_file = \"/a\"\nmax_token_lifetime = \"Unbounded\"\n",
         "FILE:5: issuers.max_token_lifetime: \"Unbounded\" is no duration; expected a duration "
         "from 1m to 366d, or \"unbounded\", such as \"1d\""},
        {usual + "jwks_file = \"/a\"\nleeway = \"unbounded\"\n",
         "FILE:5: issuers.leeway: \"unbounded\" is no duration; expected a duration from 0s to 1m, "
         "such as \"30s\""},
        {usual + "jwks_file = \"/a\"\n" + usual + "jwks_file = \"/a\"\n",
         "FILE:5: issuers.issuer: is the same as another's; expected one [[issuers]] for each "
         "issuer"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.toml) {
            BOOST_TEST(mistakes_in(c.toml) == c.says);
        }
}

BOOST_AUTO_TEST_CASE(what_tokens_say_is_where_the_issuer_puts_it) {
    const auto rules_of = [](const std::string& more) {
        return auth::make_rules(configured(usual + "jwks_file = \"/a\"\n" + more).issuers.at(0))
            .value();
    };
    const auto plain = rules_of("");
    BOOST_TEST((plain.audience_claims == std::vector<std::string>{"aud"}));
    BOOST_TEST(!plain.integer_subject);
    BOOST_TEST((plain.max_token_lifetime == std::chrono::hours(24)));
    const auto other = rules_of("audience_claims = \"aud, client_id\"\ninteger_subject = true\n"
                                "organization_claim = \"https://b.example/org\"\n"
                                "organizations = \"a,b\"\nstrict_organizations = true\n"
                                "max_token_lifetime = \"unbounded\"\n");
    BOOST_TEST((other.audience_claims == std::vector<std::string>{"aud", "client_id"}));
    BOOST_TEST(other.integer_subject);
    BOOST_TEST(other.strict_organizations);
    BOOST_TEST((other.organizations == std::vector<std::string>{"a", "b"}));
    BOOST_TEST((other.organizations_compared == std::vector<std::string>{"a", "b"}));
    BOOST_TEST((other.max_token_lifetime == auth::unbounded_life));
    BOOST_TEST((rules_of("max_token_lifetime = \"366d\"\n").max_token_lifetime ==
                std::chrono::hours(366 * 24)));
    // Each of these settings changes how a token is read, or what is answered about it.
    for (const char* more : {"audience_claims = \"azp\"\n", "integer_subject = true\n",
                             "max_token_lifetime = \"2d\"\n", "organization_claim = \"o\"\n",
                             "organization_claim = \"o\"\nstrict_organizations = true\n"})
        BOOST_TEST(rules_of(more).reading != plain.reading, more);
    // One algorithm has two names.
    BOOST_TEST((rules_of("algorithms = \"Ed25519\"\n").algorithms == algorithms{eddsa}));
}

BOOST_AUTO_TEST_CASE(a_preset_fills_what_is_not_given) {
    const auto rules_of = [](const std::string& toml) {
        return auth::make_rules(configured(toml).issuers.at(0)).value();
    };
    const auto c = configured(of_supabase);
    const auto filled = auth::with_preset(c.issuers.at(0)).value();
    BOOST_TEST(filled.jwks_url ==
               "https://abcdefghijklmnopqrst.supabase.co/auth/v1/.well-known/jwks.json");
    const auto usual_rules = auth::make_rules(c.issuers[0]).value();
    BOOST_TEST(usual_rules.issuer == "https://abcdefghijklmnopqrst.supabase.co/auth/v1");
    BOOST_TEST((usual_rules.audiences == std::vector<std::string>{"authenticated"}));
    BOOST_TEST((usual_rules.algorithms == algorithms{rs256, es256}));
    BOOST_TEST(usual_rules.revocable);

    // Older projects have a secret beside the set.
    const auto legacy = rules_of(of_supabase + "secret_file = \"/a\"\n");
    BOOST_TEST((legacy.algorithms == algorithms{rs256, es256, hs256}));

    const auto all_given = of_supabase + "issuer = \"i\"\naudiences = \"a\"\n"
                                         "algorithms = \"EdDSA\"\nrevocable = false\n";
    const auto given = rules_of(all_given + "jwks_url = \"https://u/\"\n");
    BOOST_TEST(given.issuer == "i");
    BOOST_TEST((given.audiences == std::vector<std::string>{"a"}));
    BOOST_TEST((given.algorithms == algorithms{eddsa}));
    BOOST_TEST(!given.revocable);
    const auto from_file =
        auth::with_preset(configured(all_given + "jwks_file = \"/f\"\n").issuers.at(0)).value();
    BOOST_TEST(from_file.jwks_url == "");
    BOOST_TEST(rules_of(of_supabase + "any_audience = true\n").audiences.empty());
}

BOOST_AUTO_TEST_CASE(fetched_sets_have_their_bounds) {
    const auto c = configured(usual + "jwks_url = \"https://a/jwks\"\n").issuers.at(0);
    BOOST_TEST(c.ca_file == "");
    BOOST_TEST(!c.allow_private_addresses);
    BOOST_TEST((c.jwks_refresh == std::chrono::minutes(10)));
    BOOST_TEST((c.jwks_cooldown == core::seconds(30)));
    BOOST_TEST((c.jwks_keep == std::chrono::hours(24)));
    BOOST_TEST((c.jwks_timeout == core::seconds(5)));
    BOOST_TEST(c.jwks_bytes_max == 65536u);
    const auto other = configured(usual + "jwks_url = \"https://a/jwks\"\nca_file = \"/ca\"\n"
                                          "allow_private_addresses = true\njwks_refresh = \"2s\"\n"
                                          "jwks_cooldown = \"1s\"\njwks_keep = \"3s\"\n"
                                          "jwks_timeout = \"500ms\"\njwks_bytes_max = \"1KiB\"\n")
                           .issuers.at(0);
    BOOST_TEST(other.ca_file == "/ca");
    BOOST_TEST(other.allow_private_addresses);
    BOOST_TEST((other.jwks_refresh == core::seconds(2)));
    BOOST_TEST((other.jwks_cooldown == core::seconds(1)));
    BOOST_TEST((other.jwks_keep == core::seconds(3)));
    BOOST_TEST((other.jwks_timeout == core::milliseconds(500)));
    BOOST_TEST(other.jwks_bytes_max == 1024u);
}

BOOST_AUTO_TEST_CASE(a_secret_stands_beside_the_set_of_a_preset) {
    const folder here;
    server::configuration settings;
    settings.issuers.push_back({.preset = "supabase",
                                .project = "abc",
                                .jwks_file = here.write("jwks", public_set()),
                                .secret_file = here.write("secret", std::string(32, 's'))});
    settings.issuers.push_back({.preset = "supabase",
                                .project = "def",
                                .secret_file = here.write("other", std::string(32, 't'))});
    const auto loaded = server::load_issuers(settings);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), (loaded ? "" : loaded.error().message));
    const auto* both = find(*loaded, "https://abc.supabase.co/auth/v1");
    BOOST_REQUIRE(both);
    const auto* set_key = both->keys->find("r1", rs256);
    const auto* secret = both->keys->find({}, hs256);
    BOOST_REQUIRE(set_key);
    BOOST_REQUIRE(secret);
    BOOST_TEST(secret->is_symmetric());
    BOOST_TEST(!secret->ready_for(rs256));
    BOOST_TEST(!set_key->ready_for(hs256));
    // A set at a URL is not fetched here, so there is only the secret.
    const auto* fetched = find(*loaded, "https://def.supabase.co/auth/v1");
    BOOST_REQUIRE(fetched);
    BOOST_TEST(fetched->keys->find({}, hs256));
    BOOST_TEST(!fetched->keys->find("r1", rs256));

    // A secret in a published set is refused.
    settings.issuers[0].jwks_file =
        here.write("oct", boost::json::serialize(boost::json::object{
                              {"keys", {test::oct_key(std::string(32, 'p'))}}}));
    const auto refused = server::load_issuers(settings);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("publishes a private or symmetric key") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_fetched_set_needs_no_file) {
    server::configuration settings;
    settings.issuers.push_back(
        {.issuer = "a", .jwks_url = "https://a.example/jwks", .audiences = "api"});
    const auto loaded = server::load_issuers(settings);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), (loaded ? "" : loaded.error().message));
    BOOST_REQUIRE(find(*loaded, "a"));
    BOOST_TEST(!find(*loaded, "a")->keys->find({}, rs256));
    BOOST_TEST(find(*loaded, "a")->fetched_behind.has_value());
    // A file of authorities that does not exist is refused.
    settings.issuers[0].ca_file = "/nonexistent";
    const auto refused = server::load_issuers(settings);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.starts_with("issuer \"a\": "));
}

BOOST_AUTO_TEST_CASE(nobody_else_has_our_name) {
    const folder here;
    server::configuration settings;
    settings.tokens.issuer = "a";
    settings.issuers.push_back(
        {.issuer = "a", .jwks_file = here.write("jwks", public_set()), .audiences = "api"});
    const auto refused = server::load_issuers(settings);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message ==
               "issuer \"a\": is also tokens.issuer, the name of our own tokens' issuer; set "
               "another there");
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
    BOOST_REQUIRE(find(*loaded, "a"));
    BOOST_TEST(find(*loaded, "a")->keys->find("r1", rs256));
    BOOST_REQUIRE(find(*loaded, "b"));
    const auto* secret = find(*loaded, "b")->keys->find({}, hs256);
    BOOST_REQUIRE(secret);
    // A line feed that an editor has left is not part of the secret.
    BOOST_TEST(secret->thumbprint() ==
               test::parsed(test::oct_key(std::string(32, 's'))).thumbprint());
    BOOST_TEST(!find(*loaded, "c"));
}

// An issuer may have no keys yet, or no longer.
BOOST_AUTO_TEST_CASE(a_set_without_keys_is_one) {
    const folder here;
    server::configuration settings;
    settings.issuers.push_back({.issuer = "a",
                                .jwks_file = here.write("jwks", R"( {"keys": [], "more": 1} )"),
                                .audiences = "api"});
    const auto loaded = server::load_issuers(settings);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), (loaded ? "" : loaded.error().message));
    BOOST_TEST(find(*loaded, "a")->keys->size() == 0u);
    BOOST_TEST(find(*loaded, "a")->file_is_without_keys);
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
        {here.write("none", R"({"keys":[{"kty":"XYZ"}]})"), "", "holds no key that can be used"},
        {here.write("null", R"({"keys":null})"), "", "is no good"},
        {here.write("nothing", "{}"), "", "is no good"},
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

// A secret must not be something published, because anybody could sign with it.
BOOST_AUTO_TEST_CASE(a_published_key_is_no_secret) {
    const folder here;
    const auto ca = test::certificate_authority();
    const auto key = test::new_key();
    const test::memory_ptr text(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(text.get(), key.get());
    const auto pem = test::content_of(*text);
    const auto jwk = boost::json::serialize(test::rsa_public_key());
    struct {
        const char* name;
        std::string secret;
        const char* says;
    } const cases[] = {
        {"PEM", pem, "holds a public key in PEM, and no secret"},
        {"PEM without the last line feed", pem.substr(0, pem.size() - 1), "holds a public key"},
        {"a certificate", ca.pem(), "holds a certificate in PEM"},
        {"a private key", test::pem_of(*key), "holds a private key in PEM"},
        {"a JWK", jwk, "holds a JWK"},
        {"a JWK set", public_set(), "holds a JWK"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            server::configuration settings;
            settings.issuers.push_back({.issuer = "https://a",
                                        .secret_file = here.write("secret", c.secret),
                                        .audiences = "api"});
            const auto loaded = server::load_issuers(settings);
            BOOST_REQUIRE(!loaded.has_value());
            BOOST_TEST(loaded.error().message.find(c.says) != std::string::npos,
                       loaded.error().message);
            BOOST_TEST(loaded.error().message.find("BEGIN") == std::string::npos);
            // It is refused in a set that is not published, too.
            settings.issuers[0] = {
                .issuer = "https://a",
                .jwks_file = here.write(
                    "oct", boost::json::serialize(boost::json::object{
                               {"keys", boost::json::array{test::oct_key(std::string(32, 's')),
                                                           test::oct_key(c.secret)}}})),
                .algorithms = "HS256",
                .audiences = "api"};
            const auto set = server::load_issuers(settings);
            BOOST_REQUIRE(!set.has_value());
            BOOST_TEST(set.error().message.find("and no secret") != std::string::npos,
                       set.error().message);
        }
}

// An issuer whose keys can verify nothing is a mistake.
BOOST_AUTO_TEST_CASE(keys_fit_the_algorithms) {
    const folder here;
    const auto published = here.write("jwks", public_set());
    const auto secrets = here.write("oct", boost::json::serialize(boost::json::object{
                                               {"keys", {test::oct_key(std::string(32, 's'))}}}));
    const auto short_secret = here.write("secret", std::string(32, 's'));
    struct {
        std::string jwks_file;
        std::string secret_file;
        const char* algorithms;
        const char* says; ///< empty: it is accepted
    } const cases[] = {
        {published, "", "", ""},
        {published, "", "ES256, PS512", ""},
        {published, "", "HS256", "holds no secret that is long enough"},
        {published, "", "HS256, HS384, HS512", "holds no secret"},
        {published, "", "ES256", "holds no key for any of them"},
        {published, "", "Ed25519, ES512", "holds no key for any of them"},
        {secrets, "", "HS256", ""},
        {secrets, "", "HS384, HS256", ""},
        {secrets, "", "HS384", "holds no secret that is long enough"},
        {"", short_secret, "", ""},
        {"", short_secret, "HS512", "holds no secret that is long enough"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.jwks_file << c.secret_file << ' ' << c.algorithms) {
            server::configuration settings;
            settings.issuers.push_back({.issuer = "https://a",
                                        .jwks_file = c.jwks_file,
                                        .secret_file = c.secret_file,
                                        .algorithms = c.algorithms,
                                        .audiences = "api"});
            const auto loaded = server::load_issuers(settings);
            const auto message = loaded ? std::string() : loaded.error().message;
            BOOST_TEST(loaded.has_value() == std::string(c.says).empty(), message);
            BOOST_TEST(message.find(c.says) != std::string::npos, message);
        }
    // With a preset, a set beside a secret needs keys for the other algorithms.
    server::configuration settings;
    settings.issuers.push_back({.preset = "supabase",
                                .project = "abc",
                                .jwks_file = published,
                                .secret_file = short_secret,
                                .algorithms = "ES256, HS256"});
    BOOST_TEST(!server::load_issuers(settings).has_value());
    settings.issuers[0].algorithms = "RS256, HS256";
    BOOST_TEST(server::load_issuers(settings).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
