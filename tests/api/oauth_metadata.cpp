// What a library finds when it is given the issuer's URL and nothing else.
#include "support_oauth.hpp"

#include <latchkey/api/oauth_issuer.hpp>

using namespace latchkey;
using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(oauth_metadata)

BOOST_AUTO_TEST_CASE(an_issuer_is_an_https_url_or_this_machine) {
    const struct {
        std::string issuer;
        std::string token_endpoint; // empty: there is no metadata
        std::string document;
    } table[] = {
        {"https://a.example", "https://a.example/oauth2/token",
         "https://a.example/.well-known/oauth-authorization-server"},
        {"https://a.example/", "https://a.example/oauth2/token",
         "https://a.example/.well-known/oauth-authorization-server"},
        {"https://a.example:8443/one/two", "https://a.example:8443/one/two/oauth2/token",
         "https://a.example:8443/.well-known/oauth-authorization-server/one/two"},
        {"https://a.example/one/", "https://a.example/one/oauth2/token",
         "https://a.example/.well-known/oauth-authorization-server/one"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080/oauth2/token",
         "http://127.0.0.1:8080/.well-known/oauth-authorization-server"},
        {"http://[::1]:8080", "http://[::1]:8080/oauth2/token",
         "http://[::1]:8080/.well-known/oauth-authorization-server"},
        {"http://localhost", "http://localhost/oauth2/token",
         "http://localhost/.well-known/oauth-authorization-server"},
        {"latchkey", "", ""},
        {"http://a.example", "", ""},
        {"http://192.0.2.1", "", ""},
        {"http://localhost.example", "", ""},
        {"https://a.example/?x=1", "", ""},
        {"https://a.example/#x", "", ""},
        {"urn:latchkey", "", ""},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.issuer) {
            const auto found = api::oauth_issuer::parse(row.issuer);
            BOOST_TEST(found.has_value() == !row.token_endpoint.empty());
            if (!found) {
                BOOST_TEST(found.error().message.find(row.issuer) != std::string::npos);
                continue;
            }
            BOOST_TEST(found->whole == row.issuer);
            BOOST_TEST(found->at("/oauth2/token") == row.token_endpoint);
            BOOST_TEST(found->well_known("oauth-authorization-server") == row.document);
        }
}

// RFC 8414 has the last slash removed, which some libraries leave.
BOOST_AUTO_TEST_CASE(an_issuer_may_end_with_a_slash) {
    oauth_worker w("https://a.example/one/");
    for (const std::string path :
         {"/.well-known/oauth-authorization-server/one", "/one/.well-known/openid-configuration",
          "/.well-known/oauth-authorization-server/one/", "/.well-known/openid-configuration/one/",
          "/.well-known/oauth-protected-resource/one/"})
        BOOST_TEST_CONTEXT(path) BOOST_TEST(w.get(path).status == 200);
    for (const std::string path :
         {"/.well-known/oauth-authorization-server/one//",
          "/.well-known/oauth-authorization-server/", "/.well-known/jwks.json/one/"})
        BOOST_TEST_CONTEXT(path) BOOST_TEST(w.get(path).status == 404);
    oauth_worker without("https://a.example/one");
    BOOST_TEST(without.get("/.well-known/oauth-authorization-server/one/").status == 404);
}

BOOST_AUTO_TEST_CASE(the_documents_stand_where_libraries_look) {
    oauth_worker w("https://a.example/one");
    for (const std::string path :
         {"/.well-known/oauth-authorization-server/one", "/.well-known/openid-configuration/one",
          "/one/.well-known/openid-configuration", "/one/.well-known/oauth-authorization-server",
          "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"})
        BOOST_TEST_CONTEXT(path) {
            const auto a = w.get(path);
            BOOST_TEST(a.status == 200);
            BOOST_TEST(a.text("issuer") == "https://a.example/one");
            BOOST_TEST(a.text("token_endpoint") == "https://a.example/one/oauth2/token");
            BOOST_TEST(a.text("jwks_uri") == "https://a.example/one/.well-known/jwks.json");
            BOOST_TEST(a.has_line("Access-Control-Allow-Origin: *"));
        }
    for (const std::string path :
         {"/.well-known/oauth-protected-resource/one", "/.well-known/oauth-protected-resource"}) {
        const auto a = w.get(path);
        BOOST_TEST(a.text("resource") == "https://a.example/one");
        BOOST_TEST(a.json().at("authorization_servers").as_array().at(0) ==
                   "https://a.example/one");
    }
    BOOST_TEST(w.get("/one/.well-known/jwks.json").status == 200);
    BOOST_TEST(w.ask("/one/oauth2/token", by_client, basic("door", "secret")).status == 200);
    BOOST_TEST(w.ask("/one/oauth2/token", by_client).outcome() == "401 invalid_client");
    // No more than OAuth's paths have it before them.
    for (const std::string path :
         {"/one", "/one/", "/one/health", "/one/api/v1/auth/verify-token", "/one/forward-auth",
          "/.well-known/one", "/.well-known/jwks.json/one", "/oneoauth2/token",
          "/.well-known/oauth-authorization-server/two", "/two/oauth2/token"})
        BOOST_TEST_CONTEXT(path) BOOST_TEST(w.get(path).status == 404);
}

// RFC 8705, section 3.3.
BOOST_AUTO_TEST_CASE(tokens_are_bound_only_where_certificates_can_be_shown) {
    oauth_worker w("https://a.example");
    const auto says = [&](const std::string& name, bool binds) {
        const auto a = w.get("/.well-known/" + name);
        BOOST_TEST(a.json().at("tls_client_certificate_bound_access_tokens") == binds);
        return a.head;
    };
    const std::string documents[] = {"oauth-authorization-server", "openid-configuration"};
    std::vector<std::string> before;
    for (const auto& name : documents)
        before.push_back(says(name, false));
    w.api.say_clients_show_certificates();
    for (std::size_t i = 0; i < before.size(); ++i)
        BOOST_TEST(says(documents[i], true) != before[i]); // another ETag
    oauth_worker none("latchkey");
    none.api.say_clients_show_certificates();
    BOOST_TEST(none.get("/.well-known/openid-configuration").status == 404);
}

BOOST_AUTO_TEST_CASE(an_issuer_that_is_a_name_has_none) {
    oauth_worker w("latchkey");
    for (const std::string name :
         {"oauth-authorization-server", "openid-configuration", "oauth-protected-resource"})
        BOOST_TEST(w.get("/.well-known/" + name).status == 404);
    BOOST_TEST(w.ask(token_path, by_client, basic("door", "secret")).status == 200);
    BOOST_TEST(w.get("/forward-auth").head.find("resource_metadata") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_gateway_tells_where_the_resources_metadata_is) {
    oauth_worker w("https://a.example/one");
    const std::string url = "https://a.example/.well-known/oauth-protected-resource/one";
    BOOST_TEST(w.get("/forward-auth")
                   .has_line("WWW-Authenticate: Bearer realm=\"latchkey\", "
                             "resource_metadata=\"" +
                             url + '"'));
    BOOST_TEST(w.get("/forward-auth", "Authorization: Bearer nobodys-key\r\n")
                   .has_line("WWW-Authenticate: Bearer realm=\"latchkey\", "
                             "error=\"invalid_token\", resource_metadata=\"" +
                             url + '"'));
}

BOOST_AUTO_TEST_SUITE_END()
