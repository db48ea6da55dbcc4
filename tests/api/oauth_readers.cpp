// What libraries that are not run here read and require of metadata, keys, tokens and
// introspection, by their source:
//   Spring Security 7: JwtDecoderProviderConfigurationUtils, NimbusJwtDecoder, JwtValidators,
//   ClientRegistrations,
//     SpringOpaqueTokenIntrospector; Nimbus's OIDCProviderMetadata, which ClientRegistrations reads
//     with
//   ASP.NET Core: JwtBearerPostConfigureOptions; Microsoft.IdentityModel's
//   OpenIdConnectConfigurationRetriever,
//     -Serializer and -Validator, and JsonWebKeySet
#include "support_oauth.hpp"

#include <boost/json/serialize.hpp>

#include <set>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;
namespace json = boost::json;

namespace {

enum class kind { text, texts, flag, number };

bool is_of(kind expected, const json::value& value) {
    switch (expected) {
    case kind::text:
        return value.is_string();
    case kind::flag:
        return value.is_bool();
    case kind::number:
        return value.is_int64();
    case kind::texts:
        break;
    }
    return value.is_array() &&
           std::ranges::all_of(value.get_array(), [](const auto& one) { return one.is_string(); });
}

struct required {
    const char* reader;
    const char* name;
    kind of;
    std::string value{}; ///< or, of a list, one of its values; empty: any
};

void meets(const json::object& all, const std::vector<required>& what) {
    for (const auto& one : what)
        BOOST_TEST_CONTEXT(one.reader << " reads " << one.name) {
            const auto* found = all.if_contains(one.name);
            BOOST_REQUIRE(found);
            BOOST_TEST(is_of(one.of, *found));
            if (!one.value.empty())
                BOOST_TEST(json::serialize(*found).find('"' + one.value + '"') !=
                           std::string::npos);
        }
}

} // namespace

BOOST_AUTO_TEST_SUITE(oauth_readers)

BOOST_AUTO_TEST_CASE(metadata_is_where_they_look_and_has_what_they_require) {
    const struct {
        std::string issuer;
        std::vector<std::string> paths; // Spring tries them in this order, ASP.NET the first alone
    } table[] = {
        {"https://a.example",
         {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}},
        {"https://a.example/", {"/.well-known/openid-configuration"}},
        {"https://a.example/one",
         {"/one/.well-known/openid-configuration", "/.well-known/openid-configuration/one",
          "/.well-known/oauth-authorization-server/one"}},
        {"https://a.example/one/", {"/one/.well-known/openid-configuration"}},
    };
    for (const auto& row : table)
        for (const auto& path : row.paths)
            BOOST_TEST_CONTEXT(row.issuer << ' ' << path) {
                oauth_worker w(row.issuer);
                const auto a = w.get(path);
                BOOST_REQUIRE(a.status == 200);
                BOOST_TEST(a.has_line("Content-Type: application/json"));
                const auto told = a.json();
                meets(told,
                      {{"Spring's JwtDecoders", "issuer", kind::text, row.issuer},
                       {"Spring's JwtDecoders", "jwks_uri", kind::text},
                       {"Spring's ClientRegistrations", "token_endpoint", kind::text},
                       {"Spring's ClientRegistrations", "token_endpoint_auth_methods_supported",
                        kind::texts, "client_secret_basic"},
                       {"Nimbus", "subject_types_supported", kind::texts, "public"},
                       {"Nimbus", "grant_types_supported", kind::texts, "client_credentials"},
                       {"Nimbus", "response_types_supported", kind::texts},
                       {"Nimbus", "introspection_endpoint_auth_methods_supported", kind::texts},
                       {"Nimbus", "revocation_endpoint_auth_methods_supported", kind::texts},
                       {"ASP.NET", "issuer", kind::text, row.issuer},
                       {"ASP.NET", "jwks_uri", kind::text},
                       {"ASP.NET", "introspection_endpoint", kind::text},
                       {"ASP.NET", "id_token_signing_alg_values_supported", kind::texts},
                       {"ASP.NET", "tls_client_certificate_bound_access_tokens", kind::flag}});
                // Nimbus takes no null for a list.
                for (const auto& [name, value] : told)
                    BOOST_TEST(!value.is_null(), name);
            }
}

// Both want one key at least when they start, Spring one with RSA or EC.
BOOST_AUTO_TEST_CASE(keys_say_what_they_are_for) {
    const struct {
        auth::own_algorithm configured;
        crypto::jws_algorithm signs_with;
        std::string type, algorithm;
    } table[] = {
        {auth::own_algorithm::es256, crypto::jws_algorithm::es256, "EC", "ES256"},
        {auth::own_algorithm::rs256, crypto::jws_algorithm::rs256, "RSA", "RS256"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.algorithm) {
            oauth_worker w;
            w.tokens.algorithm = row.configured;
            w.sign_with(row.signs_with, w.tokens);
            const auto keys = w.get("/.well-known/jwks.json").json().at("keys").as_array();
            BOOST_REQUIRE(keys.size() == 1u);
            meets(keys.at(0).as_object(), {{"both", "kty", kind::text, row.type},
                                           {"both", "use", kind::text, "sig"},
                                           {"both", "kid", kind::text},
                                           {"Spring", "alg", kind::text, row.algorithm}});
        }
}

BOOST_AUTO_TEST_CASE(tokens_have_what_a_validator_of_at_jwt_requires) {
    oauth_worker w;
    const auto token = w.token_of("acme");
    const auto header = crypto::decode_base64url(token.substr(0, token.find('.'))).value();
    meets(json::parse(header).as_object(), {{"Spring", "typ", kind::text, "at+jwt"},
                                            {"both", "alg", kind::text, "ES256"},
                                            {"both", "kid", kind::text}});
    meets(claims_of(token), {{"Spring", "exp", kind::number},
                             {"Spring", "iat", kind::number},
                             {"Spring", "sub", kind::text, "id-of-acme"},
                             {"Spring", "client_id", kind::text, "id-of-acme"},
                             {"Spring", "jti", kind::text},
                             {"both", "iss", kind::text, "https://latchkey.example"},
                             {"both", "aud", kind::text, "latchkey"},
                             {"Spring", "scope", kind::text}});
}

// Spring's introspector sends `token` alone, and Basic without form-encoding.
BOOST_AUTO_TEST_CASE(introspection_is_read) {
    oauth_worker w;
    const auto asked = [&](const std::string& token) {
        return w.ask(introspect_path, "token=" + token,
                     "Accept: application/json\r\n" + basic("id-of-asker", "key-of-asker"));
    };
    const auto active = asked(w.token_of("acme"));
    BOOST_TEST(active.status == 200);
    BOOST_TEST(active.has_line("Content-Type: application/json"));
    meets(active.json(), {{"Spring", "active", kind::flag},
                          {"Spring", "aud", kind::texts},
                          {"Spring", "client_id", kind::text},
                          {"Spring", "exp", kind::number},
                          {"Spring", "iat", kind::number},
                          {"Spring", "iss", kind::text},
                          {"Spring", "scope", kind::text},
                          {"Spring", "sub", kind::text}});
    const auto inactive = asked("nobodys-key");
    BOOST_TEST(inactive.status == 200);
    BOOST_TEST(inactive.json().at("active") == false);
}

BOOST_AUTO_TEST_SUITE_END()
