#include "../crypto/support.hpp"
#include "issuing_nodes.hpp"
#include "oauth_node.hpp"
#include "support_gateway.hpp"

#include <latchkey/auth/token/own_signing_keys.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <fstream>
#include <sstream>

using namespace latchkey::test;

namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

BOOST_AUTO_TEST_SUITE(secrets)

// Canaries in every place where a secret may enter, searched where it may leave.
BOOST_AUTO_TEST_CASE(no_canary_leaves_the_process) {
    migrated_database database;
    const std::string password = "CanaryPassword";
    // The cluster trusts its socket, so any password is accepted.
    server_process server("", "", "[log]\nlevel = \"debug\"\n",
                          {"LATCHKEY_DATABASE__URI=" + database.uri() + " password=" + password});
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    const auto basic = as_client("CanaryPath", key);
    const auto encoded = basic.substr(basic.find("Basic ") + 6, 40);
    const std::string canaries[] = {key,          "CanaryForeignKey", "CanaryFieldName",
                                    "CanaryPath", "CanaryHeader",     password,
                                    encoded};
    const std::string by_client = "grant_type=client_credentials";
    const std::string exchanged =
        "grant_type=urn:ietf:params:oauth:grant-type:token-exchange"
        "&subject_token_type=urn:latchkey:params:oauth:token-type:api_key";
    const std::string requests[] = {
        verify(R"({"api_key":")" + key + "\"}"),
        verify(R"({"api_key":")" + key + "\",}"),
        verify(R"({"api_key":["CanaryForeignKey"]})"),
        verify(R"({"api_key":"CanaryForeignKey"})"),
        verify(R"({"CanaryFieldName":"CanaryForeignKey"})"),
        verify(R"({"api_key":"a","ip":"CanaryForeignKey"})"),
        verify("CanaryForeignKey"),
        get("/CanaryPath?api_key=CanaryForeignKey"),
        get("/livez", "Authorization: Bearer CanaryHeader\r\n"),
        get("/livez", "Authorization: Bearer CanaryHeader\r\nAuthorization: CanaryHeader\r\n"),
        get("/livez", "CanaryHeader CanaryHeader\r\n"),
        post_form("/oauth2/token", by_client, as_client("CanaryPath", "CanaryForeignKey")),
        post_form("/oauth2/token", by_client, as_client("CanaryPath", key)),
        post_form("/oauth2/token", by_client + "&client_id=CanaryPath&client_secret=" + key),
        post_form("/oauth2/token", by_client + "&client_id=a&client_secret=CanaryForeignKey%"),
        post_form("/oauth2/token", by_client + "&scope=CanaryForeignKey+\"CanaryFieldName"),
        post_form("/oauth2/token", "grant_type=CanaryForeignKey&CanaryFieldName=CanaryHeader"),
        post_form("/oauth2/token", "CanaryFieldName%ff=CanaryForeignKey"),
        post_form("/oauth2/token?client_secret=CanaryForeignKey", by_client),
        post_form("/oauth2/token", by_client, "Authorization: Basic CanaryHeader\r\n"),
        post_form("/oauth2/token", by_client, "Authorization: CanaryHeader CanaryHeader\r\n"),
        post_form("/oauth2/token", exchanged + "&subject_token=" + key),
        post_form("/oauth2/token", exchanged + "&subject_token=CanaryForeignKey"),
        post_form("/oauth2/introspect", "token=" + key, as_client("a", "CanaryForeignKey")),
        post_form("/oauth2/introspect?token=CanaryForeignKey", "token=" + key),
        post_form("/oauth2/introspect", "token=CanaryForeignKey",
                  "X-Latchkey-Key: CanaryHeader\r\n"),
        post_form("/oauth2/revoke", "token=CanaryForeignKey", as_client("a", "CanaryHeader")),
        post_form("/oauth2/revoke?token=CanaryForeignKey", "token_type_hint=CanaryHeader"),
        post_form("/oauth2/revoke", "token=CanaryForeignKey"),
    };
    std::string seen;
    for (const auto& request : requests) {
        const auto a = server.ask(request);
        BOOST_TEST(a.status != 0);
        seen += a.head + a.body;
    }
    // A database error could quote everything.
    database.exec("alter table latchkey.api_keys rename column name to other_name");
    seen += server.ask(verify(R"({"api_key":"CanaryForeignKey"})")).body;
    seen += server.ask(get("/metrics")).body + server.ask(get("/health")).body;
    seen += server.command({"status", "--json"}).out;
    const auto process = "/proc/" + std::to_string(server.pid());
    seen += contents(process + "/environ") + contents(process + "/cmdline") + server.log();
    for (const auto& canary : canaries) {
        BOOST_TEST_CONTEXT(canary) {
            BOOST_TEST(seen.find(canary) == std::string::npos);
        }
    }
    BOOST_TEST(server.says("\"message\":\"request\""));
}

// The same for presented and issued tokens, the shared secret of an issuer, the key-encryption key,
// and the private signing key, which is sealed in the database.
BOOST_AUTO_TEST_CASE(no_token_and_no_key_leaves_the_process) {
    issuing_nodes nodes;
    const std::string shared = "CanaryIssuersSecretOfThirtyTwoBytes";
    const auto issued = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                           std::chrono::system_clock::now().time_since_epoch())
                                           .count());
    std::ofstream(nodes.folder.file("secret")) << shared;
    const auto toml = "[log]\nlevel = \"debug\"\n[[issuers]]\nissuer = \"i\"\nany_audience = true\n"
                      "secret_file = \"" +
                      nodes.folder.file("secret") + "\"\n";
    const auto node = nodes.start(true, toml);
    const auto key = node->create_key(node->create_organization());
    const auto own = issuing_nodes::issue(*node, key);
    const auto foreign =
        signed_token(R"({"alg":"HS256"})",
                     R"({"iss":"i","sub":"CanarySubject","exp":9999999999,"iat":)" + issued + "}",
                     parsed(oct_key(shared)), latchkey::crypto::jws_algorithm::hs256);

    const auto row = nodes.database
                         .query("select key_id, encode(sealed, 'base64'), public_jwk::text "
                                "from latchkey.signing_keys")
                         .at(0);
    BOOST_TEST(row[2]->find("\"d\"") == std::string::npos);
    const auto d = [&] {
        const auto kek = latchkey::crypto::sealing_key::parse(std::string(64, 'a')).value();
        const auto hex =
            nodes.database.value("select encode(sealed, 'hex') from latchkey.signing_keys");
        std::string sealed;
        for (std::size_t i = 0; i < hex.size(); i += 2)
            sealed += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
        const auto opened = kek.open(sealed, *row[0] + "\nES256\n" + *row[0]);
        BOOST_REQUIRE(opened.has_value());
        return std::string(boost::json::parse(std::string(opened->reveal())).at("d").as_string());
    }();
    const auto signature = [](const std::string& token) {
        return token.substr(token.rfind('.') + 1);
    };
    const std::string canaries[] = {own,
                                    signature(own),
                                    foreign,
                                    signature(foreign),
                                    "CanarySubject",
                                    shared,
                                    std::string(64, 'a'),
                                    d,
                                    key};
    // Tokens are asked about in every way. Answers have the token's claims, but not the token.
    for (const auto& token : {own, foreign, own + "x", foreign.substr(1)}) {
        const auto a = node->ask(ask_about(token));
        BOOST_TEST(a.status != 0);
        BOOST_TEST((a.head + a.body).find(signature(own)) == std::string::npos);
        node->ask(
            post("/api/v1/auth/verify-token", "{}", "Authorization: Bearer " + token + "\r\n"));
        node->ask(post("/api/v1/auth/verify-token", R"({"token":")" + token + R"(","x":1})"));
        node->ask(get("/livez?token=" + token));
    }
    node->command({"signing-key", "rotate"});
    node->command({"revocation", "create", "--token", "t", "--reason", "r"});
    auto seen = node->ask(get("/metrics")).body + node->ask(get("/health")).body +
                node->ask(get("/.well-known/jwks.json")).body;
    for (const auto& words : {std::vector<std::string>{"status", "--json"},
                              {"signing-key", "list", "--json"},
                              {"revocation", "list", "--json"}})
        seen += node->command(words).out;
    const auto process = "/proc/" + std::to_string(node->pid());
    seen += contents(process + "/environ") + contents(process + "/cmdline");
    const auto log = node->log();
    for (const auto& canary : canaries) {
        BOOST_TEST_CONTEXT(canary) {
            BOOST_TEST(seen.find(canary) == std::string::npos);
            // Whose token was refused is in the log of requests.
            const bool is_told = canary == "CanarySubject";
            BOOST_TEST((log.find(canary) == std::string::npos || is_told));
        }
    }
    BOOST_TEST(node->says("\"message\":\"request\""));
}

// The same for devices: a generated secret, one that a person chose, bare ones of the older
// service, and their hashes.
BOOST_AUTO_TEST_CASE(no_secret_of_a_device_leaves_the_process) {
    migrated_database database;
    server_process server(database.uri(), "",
                          "[log]\nlevel = \"debug\"\n[auth]\nlegacy_device_secret = "
                          "\"plaintext\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("org");
    const auto done = server.command(
        {"device", "register", "--organization", "org", "--name", "D", "--id", "made", "--json"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    const std::string made(boost::json::parse(done.out).at("device_secret").as_string());
    database.exec("insert into public.device_credentials (device_id, device_secret, "
                  "organization_id, status) values ('bare', 'CanaryBare', 'org', 'active'), "
                  "('chosen', 'CanaryChosen', 'org', 'active')");
    const auto ask = [](std::string_view id, std::string_view secret, std::string_view more = {}) {
        return post("/api/v1/auth/authenticate-device",
                    R"({"device_id":")" + std::string(id) + R"(","device_secret":")" +
                        std::string(secret) + "\"" + std::string(more) + "}");
    };
    std::string seen = server.command({"device", "rehash"}).out;
    for (const auto& request :
         {ask("made", made), ask("made", made, ","), ask("bare", "CanaryBare"),
          ask("chosen", "CanaryChosen"), ask("chosen", "CanaryWrong"), ask("none", "CanaryWrong"),
          ask("made", "CanaryWrong", R"(,"CanaryField":1)"),
          post("/api/v1/auth/generate-token", R"({"device_secret":"CanaryWrong"})")}) {
        const auto a = server.ask(request);
        BOOST_TEST(a.status != 0);
        seen += a.head + a.body;
    }
    const auto stored =
        database.query("select device_secret from public.device_credentials order by 1");
    database.exec("alter table public.device_credentials rename column device_secret to other");
    seen += server.ask(ask("late", "CanaryWrong")).body;
    database.exec("alter table public.device_credentials rename column other to device_secret");
    seen += server.ask(get("/metrics")).body + server.ask(get("/health")).body;
    for (const auto& words : {std::vector<std::string>{"device", "list"},
                              {"device", "show", "made"},
                              {"device", "revoke", "made"}})
        seen += server.command(words).out;
    seen += server.log();
    std::vector<std::string> canaries = {made,          "CanaryBare", "CanaryChosen", "CanaryWrong",
                                         "CanaryField", "sha256:",    "scrypt:"};
    for (const auto& row : stored)
        canaries.push_back(row.at(0)->substr(row.at(0)->size() - 40));
    for (const auto& canary : canaries) {
        BOOST_TEST_CONTEXT(canary) {
            BOOST_TEST(seen.find(canary) == std::string::npos);
        }
    }
}

// The same for what message brokers send: secrets in JSON, in forms, and where none belongs.
BOOST_AUTO_TEST_CASE(no_secret_that_a_broker_sends_leaves_the_process) {
    migrated_database database;
    server_process server(database.uri(), "", "[log]\nlevel = \"debug\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto organization = server.create_organization();
    const auto key = server.create_key(organization);
    const auto broker = server.create_key(organization, {"--scopes", "latchkey:verify"});
    const auto done = server.command({"device", "register", "--organization", organization,
                                      "--name", "D", "--id", "made", "--json"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    const std::string made(boost::json::parse(done.out).at("device_secret").as_string());
    const auto emqx = [](const std::string& name, const std::string& password,
                         const std::string& more = {}) {
        return post("/integrations/emqx", R"({"clientid":"made","username":")" + name +
                                              R"(","password":")" + password + '"' + more + '}');
    };
    const auto known = "X-Latchkey-Key: " + broker + "\r\n";
    const std::string path = "/integrations/rabbitmq/user";
    const std::string requests[] = {
        emqx("made", made),
        emqx("made", made, ","),
        emqx("made", "CanaryWrong"),
        emqx("CanaryName", "CanaryWrong", R"(,"CanaryField":1)"),
        emqx("made", key),
        emqx("made", "CanaryWrong", R"(,"peerhost":"CanaryField")"),
        post("/integrations/emqx?password=CanaryWrong", "{"),
        post_form("/integrations/emqx", "username=made&password=CanaryWrong"),
        post_form(path, "username=made&password=" + made, known),
        post_form(path, "username=made&password=" + made),
        post_form(path, "username=made&password=CanaryWrong", known),
        post_form(path, "username=made&password=CanaryWrong%", known),
        post_form(path, "username=made&CanaryField=CanaryWrong", known),
        post_form(path, "username=made&password=CanaryWrong&password=CanaryWrong", known),
        post_form(path + "?password=CanaryWrong", "username=made", known),
        post_form(path, "username=made&password=" + made, "X-Latchkey-Key: CanaryWrong\r\n"),
        post(path, R"({"password":"CanaryWrong"})", known),
    };
    std::string seen;
    for (const auto& request : requests) {
        const auto a = server.ask(request);
        BOOST_TEST(a.status != 0);
        seen += a.head + a.body;
    }
    // Brokers ask so if they are told wrong. The description knows no such request.
    for (const auto& request :
         {get("/integrations/emqx?username=made&password=CanaryWrong"),
          get(path + "?username=made&password=" + made, known), get(path + "/CanaryWrong", known)})
        seen += gateway_site::unwatched(server.port()).ask(request).head;
    seen += server.ask(get("/metrics")).body + server.ask(get("/health")).body + server.log();
    for (const std::string& canary :
         {made, key, broker, std::string("CanaryWrong"), std::string("CanaryField")})
        BOOST_TEST_CONTEXT(canary) {
            BOOST_TEST(seen.find(canary) == std::string::npos);
        }
    BOOST_TEST(server.says("\"message\":\"request\""));
}

BOOST_AUTO_TEST_SUITE_END()
