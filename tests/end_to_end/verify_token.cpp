#include "../crypto/support.hpp"
#include "cached_keys.hpp"

#include <boost/json/serialize.hpp>

#include <csignal>
#include <fstream>

using namespace latchkey;
using namespace latchkey::test;
using crypto::jws_algorithm;

namespace {

const char* const path = "/api/v1/auth/verify-token";

std::string claims(const std::string& more = "") {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return R"({"iss":"https://issuer.example","aud":"api","sub":"user-1","scope":"r w","iat":)" +
           std::to_string(now) + R"(,"exp":)" + std::to_string(now + 600) + more + "}";
}

std::string rsa_token(const std::string& key_id, const std::string& payload) {
    return signed_token(R"({"alg":"RS256","kid":")" + key_id + R"("})", payload,
                        parsed(rsa_private_key()), jws_algorithm::rs256);
}
std::string ec_token(const std::string& key_id, const std::string& payload) {
    return signed_token(R"({"alg":"ES512","kid":")" + key_id + R"("})", payload,
                        parsed(ec_private_key()), jws_algorithm::es512);
}

boost::json::object named(boost::json::object key, const char* id) {
    key["kid"] = id;
    return key;
}

void write_keys(const std::string& file, boost::json::array keys) {
    std::ofstream(file) << boost::json::serialize(boost::json::object{{"keys", std::move(keys)}});
}

std::string asked(const std::string& token, const std::string& more = "") {
    return post(path, R"({"token":")" + token + "\"" + more + "}");
}

// A server without a database, because these tests need none.
struct one_server {
    one_server() { write_keys(keys_file, {named(rsa_public_key(), "r1")}); }

    const temporary_folder folder;
    const std::string keys_file = folder.file("jwks.json");
    std::optional<server_process> made;
    server_process& server() {
        if (!made)
            made.emplace("postgresql:///none?host=/nonexistent", "",
                         "[[issuers]]\nissuer = \"https://issuer.example\"\naudiences = \"api\"\n"
                         "algorithms = \"RS256, ES512\"\nrevocable = false\njwks_file = \"" +
                             keys_file + "\"\n");
        BOOST_REQUIRE(made->wait_for("/livez", 200));
        return *made;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(verify_token, one_server)

BOOST_AUTO_TEST_CASE(a_good_token_is_valid_and_cached) {
    auto client = server().connect();
    const auto token = rsa_token("r1", claims(R"(,"jti":"t1")"));
    const auto first = client.ask(asked(token));
    BOOST_REQUIRE(first.status == 200);
    const auto body = first.json();
    BOOST_TEST(body.at("valid").as_bool());
    BOOST_TEST(body.at("code").as_string() == "VALID");
    BOOST_TEST(body.at("subject").as_string() == "user-1");
    BOOST_TEST(body.at("issuer").as_string() == "https://issuer.example");
    BOOST_TEST(body.at("audience").as_array().size() == 1u);
    BOOST_TEST(body.at("scopes").as_array().size() == 2u);
    BOOST_TEST(body.at("token_id").as_string() == "t1");
    BOOST_TEST(body.at("organization_id").is_null());
    BOOST_TEST(body.at("claims").at("scope").as_string() == "r w");
    BOOST_TEST(body.contains("issued_at"));
    BOOST_TEST(body.contains("expires_at"));
    BOOST_TEST(first.field("X-Auth-Cache") == "miss");
    BOOST_TEST(first.field("Age") == "0");
    // It is cached by the owner core of its fingerprint, which may be another worker.
    BOOST_TEST(soon([&] { return client.ask(asked(token)).field("X-Auth-Cache") == "hit"; }));
    BOOST_TEST(code_of(client.ask(asked(token, R"(,"scopes":["r"])"))) == "VALID");
    BOOST_TEST(code_of(client.ask(asked(token, R"(,"scopes":["x"])"))) == "INSUFFICIENT_SCOPES");
    const auto other = client.ask(asked(token, R"(,"audience":"web")"));
    BOOST_TEST(code_of(other) == "AUDIENCE_MISMATCH");
    BOOST_TEST(other.field("X-Auth-Cache") == "none");
    BOOST_TEST(!other.has("Age:"));
}

BOOST_AUTO_TEST_CASE(the_token_may_come_in_authorization) {
    auto client = server().connect();
    const auto token = rsa_token("r1", claims());
    const auto bearer = "Authorization: Bearer " + token + "\r\n";
    const auto no_body = "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + bearer +
                         "Content-Length: 0\r\n\r\n";
    BOOST_TEST(code_of(client.ask(no_body)) == "VALID");
    BOOST_TEST(code_of(client.ask(post(path, "{}", bearer))) == "VALID");
    BOOST_TEST(code_of(client.ask(post(path, R"({"scopes":["x"]})", bearer))) ==
               "INSUFFICIENT_SCOPES");
    BOOST_TEST(code_of(client.ask(post(path, "{}", "Authorization: bearer x\r\n"))) ==
               "INVALID_FORMAT");
    // Another scheme does not count as a token.
    const auto basic = "Authorization: Basic eDp5\r\n";
    BOOST_TEST(code_of(client.ask(post(path, R"({"token":")" + token + "\"}", basic))) == "VALID");
    for (const auto& request :
         {post(path, R"({"token":"a"})", bearer), post(path, "{}", basic), post(path, "{}"),
          post(path, R"({"token":7})"), post(path, R"({"token":"a","tokens":1})"),
          "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"})
        BOOST_TEST(server().ask(request).status == 400);
    BOOST_TEST(server()
                   .ask("POST " + std::string(path) +
                        " HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                        "Content-Length: 2\r\n\r\n{}")
                   .status == 415);
}

// Any text within the body's limit is decided.
BOOST_AUTO_TEST_CASE(every_text_is_decided) {
    auto client = server().connect();
    for (const auto& token : {std::string(), std::string("x"), std::string("a.b.c"),
                              std::string(10'000, 'a'), std::string(60'000, '.')})
        BOOST_TEST(code_of(client.ask(asked(token))) == "INVALID_FORMAT");
}

// SIGHUP while clients verify: no request fails, and tokens of the old keys are no longer good.
BOOST_AUTO_TEST_CASE(sighup_reads_the_issuers_again) {
    auto& s = server();
    const auto old_token = rsa_token("r1", claims());
    const auto new_token = ec_token("e1", claims());
    auto client = s.connect();
    BOOST_TEST(code_of(client.ask(asked(old_token))) == "VALID");
    BOOST_TEST(code_of(client.ask(asked(new_token))) == "UNKNOWN_KEY_ID");

    write_keys(keys_file, {named(rsa_public_key(), "r1"), named(ec_public_key(), "e1")});
    s.signal(SIGHUP);
    BOOST_TEST(soon([&] {
        BOOST_REQUIRE(code_of(client.ask(asked(old_token))) == "VALID");
        return code_of(client.ask(asked(new_token))) == "VALID";
    }));

    write_keys(keys_file, {named(ec_public_key(), "e1")});
    s.signal(SIGHUP);
    BOOST_TEST(soon([&] {
        BOOST_REQUIRE(code_of(client.ask(asked(new_token))) == "VALID");
        return code_of(client.ask(asked(old_token))) == "UNKNOWN_KEY_ID";
    }));

    // An empty set is accepted, too.
    write_keys(keys_file, {});
    s.signal(SIGHUP);
    BOOST_TEST(soon([&] { return code_of(client.ask(asked(new_token))) == "UNKNOWN_KEY_ID"; }));
    BOOST_TEST(s.says("its jwks_file has no keys in it"));
    BOOST_TEST(s.command({"status", "--json"}).out.find("its jwks_file has no keys in it") !=
               std::string::npos);
    write_keys(keys_file, {named(ec_public_key(), "e1")});
    s.signal(SIGHUP);
    BOOST_TEST(soon([&] { return code_of(client.ask(asked(new_token))) == "VALID"; }));

    // A set that cannot be loaded changes nothing, and the log says so.
    std::ofstream(keys_file) << "no JSON";
    s.signal(SIGHUP);
    BOOST_TEST(s.says("is no good"));
    BOOST_TEST(code_of(client.ask(asked(new_token))) == "VALID");
}

BOOST_AUTO_TEST_CASE(a_bad_key_file_keeps_the_server_from_starting) {
    std::ofstream(keys_file) << "{}";
    const auto config = folder.file("latchkey.toml");
    std::ofstream(config) << "[[issuers]]\nissuer = \"a\"\nany_audience = true\njwks_file = \""
                          << keys_file << "\"\n";
    for (const char* command : {"check-config", "serve"}) {
        const auto end = run({latchkey_binary(), command, "--config", config});
        BOOST_TEST(end.exit_code == 78);
        BOOST_TEST(end.err.find(keys_file) != std::string::npos, end.err);
    }
}

BOOST_AUTO_TEST_SUITE_END()
