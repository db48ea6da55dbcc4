// OAuth 2 over the wire, with a database: tokens, introspection, revocation and exchange.
#include "oauth_node.hpp"
#include "shown_certificates.hpp"
#include "token_parts.hpp"

#include <fstream>

using namespace latchkey::test;

namespace {

const std::string inactive = R"({"active":false})";
const std::string exchange = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange";
const std::string access_token =
    "&subject_token_type=urn:ietf:params:oauth:token-type:access_token";

} // namespace

BOOST_AUTO_TEST_SUITE(oauth)

BOOST_AUTO_TEST_CASE(what_is_found_by_the_issuers_url_alone_works) {
    const oauth_node n("/tenant");
    const auto told = n.node->ask(get("/.well-known/oauth-authorization-server/tenant"));
    BOOST_REQUIRE(told.status == 200);
    BOOST_TEST(told.json().at("issuer").as_string() == n.issuer);
    const auto path_of = [&](const char* member) {
        const std::string url(told.json().at(member).as_string());
        BOOST_REQUIRE(url.starts_with(n.issuer));
        return url.substr(url.find("/tenant"));
    };
    const auto granted =
        n.ask(path_of("token_endpoint"), "grant_type=client_credentials", n.client.as_client());
    BOOST_REQUIRE(granted.status == 200);
    const std::string token(granted.json().at("access_token").as_string());
    BOOST_TEST(claims_of(token).at("iss").as_string() == n.issuer);
    BOOST_TEST(code_of(n.node->ask(ask_about(token))) == "VALID");
    BOOST_TEST(n.node->ask(get(path_of("jwks_uri"))).json().at("keys").as_array().size() == 1u);
    const auto about =
        n.ask(path_of("introspection_endpoint"), "token=" + token, n.asker.as_client());
    BOOST_TEST(about.json().at("active") == true);
    BOOST_TEST(n.ask(path_of("revocation_endpoint"), "token=" + token).status == 200);
    BOOST_TEST(code_of(n.node->ask(ask_about(token))) == "REVOKED");
    BOOST_TEST(n.node->ask(get("/.well-known/openid-configuration")).status == 200);
    BOOST_TEST(n.node->ask(get("/forward-auth"))
                   .field("WWW-Authenticate")
                   .find("resource_metadata=\"http://127.0.0.1:" + std::to_string(n.port.number()) +
                         "/.well-known/oauth-protected-resource/tenant\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_revoked_is_inactive_everywhere) {
    const oauth_node n;
    const auto token = n.token();
    const auto narrow = n.ask("/oauth2/token", exchange + "&subject_token=" + token + access_token +
                                                   "&scope=devices:read");
    BOOST_REQUIRE_MESSAGE(narrow.status == 200, narrow.body);
    const std::string exchanged(narrow.json().at("access_token").as_string());
    BOOST_TEST(n.introspect(exchanged).starts_with(R"({"active":true,"scope":"devices:read")"));
    BOOST_TEST(n.ask("/oauth2/revoke", "token=" + token, n.client.as_client()).status == 200);
    BOOST_TEST(n.introspect(token) == inactive);
    BOOST_TEST(n.introspect(exchanged) == inactive);

    const auto other = n.token();
    BOOST_TEST(n.introspect(n.client.key).starts_with(R"({"active":true)"));
    BOOST_TEST(n.ask("/oauth2/revoke", "token=" + n.client.key).status == 200);
    BOOST_TEST(n.introspect(n.client.key) == inactive);
    BOOST_TEST(n.introspect(other) == inactive);
    const auto refused =
        n.ask("/oauth2/token", "grant_type=client_credentials", n.client.as_client());
    BOOST_TEST(refused.status == 401);
    BOOST_TEST(refused.json().at("error") == "invalid_client");
    BOOST_TEST(n.ask("/oauth2/revoke", "token=" + n.client.key).status == 200);
}

BOOST_AUTO_TEST_CASE(devices_are_clients) {
    const oauth_node n;
    const auto made = n.node->command({"device", "register", "--organization", n.organization,
                                       "--name", "door", "--scopes", "devices:read", "--json"});
    const auto device = boost::json::parse(made.out).as_object();
    const std::string id(device.at("device_id").as_string());
    const std::string secret(device.at("device_secret").as_string());
    const auto granted =
        n.ask("/oauth2/token", "grant_type=client_credentials", as_client(id, secret));
    BOOST_REQUIRE_MESSAGE(granted.status == 200, granted.body);
    BOOST_TEST(granted.json().at("scope") == "devices:read");
    const std::string token(granted.json().at("access_token").as_string());
    BOOST_TEST(claims_of(token).at("sub").as_string() == id);
    const auto wrong =
        n.ask("/oauth2/token", "grant_type=client_credentials", as_client(id, secret + "x"));
    const auto unknown =
        n.ask("/oauth2/token", "grant_type=client_credentials", as_client("nobody", secret));
    BOOST_TEST(wrong.status == 401);
    BOOST_TEST(wrong.body == unknown.body);
}

// curl shows a certificate, and OpenSSL says what its thumbprint is.
BOOST_AUTO_TEST_CASE(a_token_is_bound_to_the_certificate_that_was_shown) {
    const temporary_folder folder;
    migrated_database database;
    const certificate_authority authority;
    authority.write(folder.file("ca.pem"));
    std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
    for (const auto* name : {"server", "client"})
        keep_certificate(folder, authority, name, "DNS:localhost,IP:127.0.0.1");
    const server_process node(database.uri(), "",
                              "[tokens]\nkey_encryption_key_file = \"" + folder.file("kek") +
                                  "\"\n" + tls_that_asks(folder, "ca.pem"));
    const auto curl = [&](const std::string& path, const std::string& form,
                          const std::string& more) {
        return run({"/bin/bash", "-c",
                    "curl -s --cacert " + folder.file("ca.pem") + " https://localhost:" +
                        std::to_string(node.port()) + path + ' ' + form + ' ' + more});
    };
    const auto ready =
        soon([&] { return curl("/readyz", "", "-o /dev/null -w '%{http_code}'").out == "200"; });
    BOOST_REQUIRE(ready);
    const auto key = node.create_key(node.create_organization());
    const auto question = "-H 'Content-Type: application/json' -d '" + question_of(key) + "'";
    const auto about = boost::json::parse(curl("/api/v1/auth/verify-api-key", question, "").out);
    const std::string id(about.at("key_id").as_string());
    const auto shown =
        "--cert " + folder.file("client.pem") + " --key " + folder.file("client-key.pem");
    std::string token;
    soon([&] {
        const auto told =
            boost::json::parse(curl("/oauth2/token",
                                    "-d grant_type=client_credentials --user " + id + ":" + key,
                                    shown)
                                   .out)
                .as_object();
        const auto* made = told.if_contains("access_token");
        if (made) token = made->as_string();
        return made != nullptr;
    });
    BOOST_REQUIRE(!token.empty());
    const auto thumbprint =
        run({"/bin/bash", "-c",
             "openssl x509 -in " + folder.file("client.pem") +
                 " -outform DER | openssl dgst -sha256 -binary | base64 -w0 | tr '+/' '-_' | "
                 "tr -d ="})
            .out;
    BOOST_TEST(claims_of(token).at("cnf").at("x5t#S256").as_string() == thumbprint);
    const auto code_with = [&](const std::string& more) {
        const auto asked =
            "-H 'Content-Type: application/json' -d '{\"token\":\"" + token + '"' + more + "}'";
        const auto told = boost::json::parse(curl("/api/v1/auth/verify-token", asked, "").out);
        return std::string(told.at("code").as_string());
    };
    BOOST_TEST(code_with(R"(,"certificate_thumbprint":")" + thumbprint + '"') == "VALID");
    BOOST_TEST(code_with(R"(,"certificate_thumbprint":"another")") == "CERTIFICATE_MISMATCH");
    BOOST_TEST(code_with("") == "VALID");
}

BOOST_AUTO_TEST_CASE(without_a_database_nothing_is_guessed) {
    oauth_node n;
    n.token();
    BOOST_REQUIRE(gets_cached(*n.node, n.asker.key));
    n.database.exec("alter table latchkey.api_keys rename column name to other_name");
    const auto unseen =
        n.ask("/oauth2/introspect", "token=a-key-that-nobody-has-seen", n.asker.as_client());
    BOOST_TEST(unseen.status == 503);
    BOOST_TEST(unseen.json().at("error") == "temporarily_unavailable");
    const auto client = n.ask("/oauth2/token", "grant_type=client_credentials",
                              as_client("nobody", "a-key-that-nobody-has-seen"));
    BOOST_TEST(client.status == 503);
    n.database.exec("alter table latchkey.api_keys rename column other_name to name");
}

BOOST_AUTO_TEST_SUITE_END()
