// Tokens that PyJWT and José have signed (tests/end_to_end/foreign_tokens.py).
#include "../crypto/support.hpp"
#include "cached_keys.hpp"

#include <boost/json/array.hpp>

#include <string>

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(foreign_tokens)

BOOST_AUTO_TEST_CASE(every_algorithm_of_other_makers_is_understood) {
    const temporary_folder folder;
    const std::string here = folder.file("");
    const auto made =
        run({"/usr/bin/python3", LATCHKEY_SOURCE_DIR "/tests/end_to_end/foreign_tokens.py", here});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    const server_process server(
        "postgresql:///none?host=/nonexistent", "",
        "[[issuers]]\nissuer = \"https://issuer.example\"\naudiences = \"api\"\n"
        "algorithms = \"RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA\"\n"
        "revocable = false\njwks_file = \"" +
            folder.file("public.json") +
            "\"\n[[issuers]]\nissuer = \"https://secrets.example\"\naudiences = \"api\"\n"
            "algorithms = \"HS256, HS384, HS512\"\nrevocable = false\njwks_file = \"" +
            folder.file("secret.json") + "\"\n");
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    auto client = server.connect();
    const auto tokens = read_json(folder.file("tokens.json")).as_array();
    BOOST_TEST(tokens.size() == 25u);
    for (const auto& one : tokens)
        BOOST_TEST_CONTEXT(one.at("name").as_string()) {
            const std::string token(one.at("token").as_string());
            const auto answer = client.ask(
                post("/api/v1/auth/verify-token", R"({"scopes":["r"],"token":")" + token + "\"}"));
            BOOST_TEST(code_of(answer) == "VALID");
            BOOST_TEST(answer.json().at("subject").as_string() == "\xc3\xa9");
        }
}

BOOST_AUTO_TEST_SUITE_END()
