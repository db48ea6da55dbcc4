// Our own tokens are issued from API keys, and verified by every node and by others.
#include "../crypto/support.hpp"
#include "issuing_nodes.hpp"
#include "token_parts.hpp"

#include <latchkey/crypto/jws.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

using namespace latchkey;
using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(own_tokens)

BOOST_AUTO_TEST_CASE(the_holder_of_a_key_gets_a_token) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto organization = node->create_organization();
    const auto key = node->create_key(organization, {"--scopes", "r,w"});
    const auto token = issuing_nodes::issue(*node, key);
    const auto made = node->ask(ask_for_token(key));
    BOOST_TEST(made.field("Cache-Control") == "no-store");
    BOOST_TEST(made.field("X-Auth-Cache") == "");
    const auto body = made.json();
    BOOST_TEST(body.at("valid").as_bool());
    BOOST_TEST(body.at("code").as_string() == "VALID");
    BOOST_TEST(body.at("token_type").as_string() == "Bearer");
    BOOST_TEST(body.at("expires_in").as_int64() == 900);
    BOOST_TEST(body.at("scopes").as_array().size() == 2u);

    const auto verified = node->ask(ask_about(token)).json();
    BOOST_TEST(verified.at("code").as_string() == "VALID");
    const auto key_id = nodes.database.value("select key_id from latchkey.api_keys");
    BOOST_TEST(verified.at("subject").as_string() == key_id);
    BOOST_TEST(verified.at("organization_id").as_string() == organization);
    BOOST_TEST(verified.at("issuer").as_string() == "latchkey");
    BOOST_TEST(verified.at("audience").as_array().at(0).as_string() == "latchkey");
    BOOST_TEST(verified.at("token_id").as_string() == claims_of(token).at("jti").as_string());

    const auto narrow = token_of(
        node->ask(ask_for_token(key, R"(,"scopes":["w"],"audience":"web","expires_in":60)")));
    BOOST_TEST(claims_of(narrow).at("scope").as_string() == "w");
    BOOST_TEST(code_of(node->ask(ask_about(narrow))) == "AUDIENCE_MISMATCH");
    BOOST_TEST(code_of(node->ask(ask_about(narrow, R"(,"audience":"web")"))) == "VALID");
    BOOST_TEST(code_of(node->ask(ask_about(narrow, R"(,"audience":"web","scopes":["r"])"))) ==
               "INSUFFICIENT_SCOPES");
}

BOOST_AUTO_TEST_CASE(who_gets_none) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto organization = node->create_organization();
    const auto key = node->create_key(organization, {"--scopes", "r"});
    const auto limited = node->create_key(organization, {"--allowed-ips", "192.0.2.0/24"});
    issuing_nodes::issue(*node, key);
    struct {
        std::string asked;
        std::string code;
    } const cases[] = {
        {ask_for_token("lk_live_wrong"), "INVALID_FORMAT"},
        {ask_for_token("some-other-key"), "NOT_FOUND"},
        {ask_for_token(key, R"(,"scopes":["r","w"])"), "INSUFFICIENT_SCOPES"},
        {ask_for_token(limited), "IP_NOT_ALLOWED"},
        {ask_for_token(limited, R"(,"ip":"192.0.2.7")"), "VALID"},
        {ask_for_token(key, R"(,"ip":"nowhere")"), "400"},
        {ask_for_token(key, R"(,"expires_in":3601)"), "400"},
        {ask_for_token(key, R"(,"expires_in":0)"), "400"},
        {ask_for_token(key, R"(,"audience":"")"), "400"},
        {ask_for_token(key, R"(,"audiences":"a")"), "400"},
        {post("/api/v1/auth/generate-token", "{}"), "400"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.asked) {
            BOOST_TEST(code_of(node->ask(c.asked)) == c.code);
        }
    }
    const auto form = node->ask("POST /api/v1/auth/generate-token HTTP/1.1\r\nHost: a\r\n"
                                "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
    BOOST_TEST(form.status == 415);
    BOOST_TEST(node->ask(get("/api/v1/auth/generate-token")).status == 405);
}

// A holder of a key asks here itself, and could name an address that the key allows.
BOOST_AUTO_TEST_CASE(whose_address_counts) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto organization = node->create_organization();
    const auto far = node->create_key(organization, {"--allowed-ips", "192.0.2.0/24"});
    const auto here = node->create_key(organization, {"--allowed-ips", "127.0.0.0/8"});
    issuing_nodes::issue(*node, node->create_key(organization));
    // The server does not trust the peer that sends this.
    const std::string forwarded = "X-Forwarded-For: 192.0.2.7\r\n";
    struct {
        const char* what;
        std::string key;
        std::string ip;
        std::string fields;
        const char* by_tcp;
        const char* by_unix;
    } const cases[] = {
        {"its own", here, "", "", "VALID", "IP_NOT_ALLOWED"},
        {"its own, and it is another", far, "", "", "IP_NOT_ALLOWED", "IP_NOT_ALLOWED"},
        {"a trusted caller's user's", far, "192.0.2.7", "", "VALID", "IP_NOT_ALLOWED"},
        {"with a port", far, "192.0.2.7:80", "", "VALID", "IP_NOT_ALLOWED"},
        {"and another", here, "192.0.2.7", "", "IP_NOT_ALLOWED", "IP_NOT_ALLOWED"},
        {"what is none", here, "nowhere", "", "400", "IP_NOT_ALLOWED"},
        {"not a stranger's", far, "192.0.2.7", "Forwarded: for=x\r\n", "IP_NOT_ALLOWED",
         "IP_NOT_ALLOWED"},
        {"but his own", here, "192.0.2.7", forwarded, "VALID", "IP_NOT_ALLOWED"},
        {"however he spells it", here, "nowhere", forwarded, "VALID", "IP_NOT_ALLOWED"},
        {"whom a unix socket's proxy names", far, "", forwarded, "IP_NOT_ALLOWED", "VALID"},
        {"whoever he says that he is", far, "198.51.100.1", forwarded, "IP_NOT_ALLOWED", "VALID"},
    };
    client by_unix(node->api_socket());
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.what) {
            const auto more = c.ip.empty() ? "" : R"(,"ip":")" + c.ip + '"';
            const auto asked =
                post("/api/v1/auth/generate-token", question_of(c.key, more), c.fields);
            BOOST_TEST(code_of(node->ask(asked)) == c.by_tcp);
            BOOST_TEST(code_of(by_unix.ask(asked)) == c.by_unix);
            // At a verification, any caller may name its user's address.
            const auto verified =
                post("/api/v1/auth/verify-api-key",
                     question_of(far, R"(,"ip":"[::ffff:192.0.2.7]:80")"), c.fields);
            BOOST_TEST(code_of(node->ask(verified)) == "VALID");
        }
    }
}

BOOST_AUTO_TEST_CASE(the_keys_are_published) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto key = node->create_key(node->create_organization());
    const auto token = issuing_nodes::issue(*node, key);
    const char* const path = "/.well-known/jwks.json";
    auto client = node->connect();
    const auto published = client.ask(get(path));
    BOOST_TEST(published.status == 200);
    BOOST_TEST(published.field("Content-Type") == "application/json");
    BOOST_TEST(published.field("Cache-Control") == "public, max-age=300");
    const auto tag = published.field("ETag");
    BOOST_TEST(tag.size() == 34u);
    const auto set = crypto::parse_jwk_set(published.body, {});
    BOOST_REQUIRE(set.has_value());
    BOOST_REQUIRE(set->keys.size() == 1u);
    // Anybody can verify with the published keys.
    auto read = crypto::unverified_token::read(token);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((read->key_id() == set->keys[0].key_id()));
    const crypto::jws_algorithm es256[] = {crypto::jws_algorithm::es256};
    BOOST_TEST(crypto::verified_token::verify(*read, set->keys[0], es256).has_value());

    for (const auto& named : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
        const auto same = client.ask(get(path, "If-None-Match: " + named + "\r\n"));
        BOOST_TEST(same.status == 304);
        BOOST_TEST(same.body == "");
        BOOST_TEST(same.field("ETag") == tag);
        BOOST_TEST(same.field("Content-Length") == "");
    }
    BOOST_TEST(client.ask(get(path, "If-None-Match: \"x\"\r\n")).status == 200);
    client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(client.receive(true).field("ETag") == tag);
}

// A node without the key-encryption key verifies tokens but issues none, and its log says why.
BOOST_AUTO_TEST_CASE(without_the_key_encryption_key) {
    issuing_nodes nodes;
    const auto closed = nodes.start(false);
    const auto key = closed->create_key(closed->create_organization());
    const auto refused = closed->ask(ask_for_token(key));
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.has("Retry-After: "));
    BOOST_TEST(refused.body.find("no token can be issued now") != std::string::npos);
    BOOST_TEST(refused.body.find("key-encryption key") == std::string::npos);
    BOOST_TEST(closed->says("no tokens can be issued here"));
    BOOST_TEST(closed->says("key-encryption key"));
    BOOST_TEST(closed->ask(get("/.well-known/jwks.json")).body == R"({"keys":[]})");
    BOOST_TEST(nodes.database.value("select count(*) from latchkey.signing_keys") == "0");

    const auto open = nodes.start();
    const auto token = issuing_nodes::issue(*open, key);
    BOOST_TEST(issuing_nodes::becomes(*closed, token, "VALID"));
    BOOST_TEST(closed->ask(get("/.well-known/jwks.json")).body ==
               open->ask(get("/.well-known/jwks.json")).body);
    BOOST_TEST(closed->ask(ask_for_token(key)).status == 503);
}

BOOST_AUTO_TEST_CASE(a_bad_key_encryption_key_keeps_the_server_from_starting) {
    const temporary_folder folder;
    const auto file = folder.file("kek");
    const auto config = folder.file("latchkey.toml");
    std::ofstream(config) << "[tokens]\nkey_encryption_key_file = \"" << file << "\"\n";
    for (const bool there : {false, true}) {
        if (there) std::ofstream(file) << "CanaryKek";
        for (const char* command : {"check-config", "serve"}) {
            const auto end = run({latchkey_binary(), command, "--config", config});
            BOOST_TEST(end.exit_code == 78);
            BOOST_TEST(end.err.find(file) != std::string::npos, end.err);
            BOOST_TEST(end.err.find("CanaryKek") == std::string::npos);
        }
    }
}

// Two nodes that start at once agree on the first key.
BOOST_AUTO_TEST_CASE(nodes_agree_on_the_first_key) {
    issuing_nodes nodes;
    const auto a = nodes.start();
    const auto b = nodes.start();
    const auto key = a->create_key(a->create_organization());
    const auto of_a = issuing_nodes::issue(*a, key);
    const auto of_b = issuing_nodes::issue(*b, key);
    BOOST_TEST(issuing_nodes::becomes(*b, of_a, "VALID"));
    BOOST_TEST(issuing_nodes::becomes(*a, of_b, "VALID"));
    BOOST_TEST(nodes.database.value("select count(*) from latchkey.signing_keys") == "1");
    // A new node finds the key.
    const auto c = nodes.start();
    BOOST_TEST(issuing_nodes::becomes(*c, of_a, "VALID"));
    BOOST_TEST(nodes.database.value("select count(*) from latchkey.signing_keys") == "1");
}

BOOST_AUTO_TEST_CASE(every_algorithm_that_may_be_configured) {
    for (const char* algorithm : {"EdDSA", "RS256", "HS256"}) {
        BOOST_TEST_CONTEXT(algorithm) {
            issuing_nodes nodes("algorithm = \"" + std::string(algorithm) + "\"\n");
            const auto a = nodes.start();
            const auto b = nodes.start();
            const auto key = a->create_key(a->create_organization());
            const auto token = issuing_nodes::issue(*a, key);
            BOOST_TEST(issuing_nodes::becomes(*b, token, "VALID"));
            // A shared secret is not published.
            const auto set = a->ask(get("/.well-known/jwks.json")).json();
            BOOST_TEST(set.at("keys").as_array().size() ==
                       (std::string(algorithm) == "HS256" ? 0u : 1u));
        }
    }
}

// PyJWT and José verify them with the keys that we publish.
BOOST_AUTO_TEST_CASE(others_verify_them) {
    for (const char* algorithm : {"ES256", "EdDSA", "RS256"}) {
        BOOST_TEST_CONTEXT(algorithm) {
            issuing_nodes nodes("algorithm = \"" + std::string(algorithm) + "\"\n");
            const auto node = nodes.start();
            const auto key = node->create_key(node->create_organization(), {"--scopes", "a,b"});
            const auto token = issuing_nodes::issue(*node, key);
            const auto file = nodes.folder.file("jwks.json");
            std::ofstream(file) << node->ask(get("/.well-known/jwks.json")).body;
            const auto verified = run({"/usr/bin/python3",
                                       LATCHKEY_SOURCE_DIR "/tests/end_to_end/verify_elsewhere.py",
                                       file, token, "latchkey", "latchkey"});
            BOOST_TEST(verified.exit_code == 0, verified.err);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
