// Forged tokens, and tokens that were replayed: each gets a verdict, is checked once, and takes
// nothing from other callers.
#include "../crypto/support.hpp"
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

using namespace latchkey;
using namespace latchkey::test;
using crypto::jws_algorithm;

namespace {

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// A token that names us as its issuer, without a signature.
std::string forged(const std::string& claims, const std::string& key_id = "x") {
    return crypto::encode_base64url(R"({"alg":"ES256","kid":")" + key_id + R"(","typ":"at+jwt"})") +
           '.' + crypto::encode_base64url(R"({"iss":"latchkey")" + claims + "}") + ".AA";
}
std::string complete(std::int64_t issued, std::int64_t expires, const std::string& more = "") {
    return R"(,"sub":"s","client_id":"s","jti":"j","aud":"latchkey","iat":)" +
           std::to_string(issued) + R"(,"exp":)" + std::to_string(expires) + more;
}

std::string batch_of(const std::vector<std::string>& tokens) {
    std::string items;
    for (const auto& token : tokens)
        items +=
            std::string(items.empty() ? "" : ",") + R"({"type":"token","token":")" + token + "\"}";
    return post("/api/v1/auth/verify-batch", R"({"items":[)" + items + "]}");
}

} // namespace

BOOST_AUTO_TEST_SUITE(forged_tokens)

BOOST_AUTO_TEST_CASE(a_made_up_token_of_ours_gets_a_verdict) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto t = now();
    struct {
        const char* name;
        std::string token;
        std::string code;
    } const cases[] = {
        {"nothing but the issuer", forged(""), "INVALID_FORMAT"},
        {"no iat", forged(R"(,"sub":"s","client_id":"s","jti":"j","exp":9999999999)"),
         "INVALID_FORMAT"},
        {"an iat that cannot be read",
         forged(R"(,"sub":"s","client_id":"s","jti":"j","exp":9999999999,"iat":"now")"),
         "INVALID_FORMAT"},
        {"an exp past 2^53", forged(complete(t, 9'007'199'254'740'993)), "INVALID_FORMAT"},
        {"long expired", forged(complete(t - 9000, t - 8000)), "EXPIRED"},
        {"of the future", forged(complete(t + 600, t + 900)), "NOT_YET_VALID"},
        {"issued a while ago", forged(complete(t - 60, t + 600)), "UNKNOWN_KEY_ID"},
        {"issued now", forged(complete(t, t + 600)), "UNKNOWN_KEY_ID"},
        {"issued now, with a long key id", forged(complete(t, t + 600), std::string(4000, 'k')),
         "UNKNOWN_KEY_ID"},
    };
    std::vector<std::string> all;
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            BOOST_TEST(code_of(node->ask(ask_about(c.token))) == c.code);
        }
        all.push_back(c.token);
    }
    const auto answered = node->ask(batch_of(all)).json();
    BOOST_TEST(answered.at("undecided_count").as_int64() == 0);
    for (std::size_t i = 0; i < std::size(cases); ++i)
        BOOST_TEST_CONTEXT(cases[i].name) {
            BOOST_TEST(answered.at("results").at(i).at("code").as_string() == cases[i].code);
        }
}

// The first token with a signing key that another node has just made waits for news of the key, and
// is never UNKNOWN_KEY_ID.
BOOST_AUTO_TEST_CASE(a_key_of_ours_that_is_quite_new_is_known) {
    issuing_nodes nodes;
    const auto a = nodes.start();
    const auto b = nodes.start();
    const auto key = a->create_key(a->create_organization());
    const auto first = issuing_nodes::issue(*a, key);
    BOOST_REQUIRE(issuing_nodes::becomes(*b, first, "VALID"));
    BOOST_REQUIRE(a->command({"signing-key", "rotate", "--now", "--yes"}).exit_code == 0);
    const auto fresh = issuing_nodes::issue(*a, key);
    std::string code;
    BOOST_TEST(soon([&] {
        code = code_of(b->ask(ask_about(fresh)));
        BOOST_TEST(code != "UNKNOWN_KEY_ID");
        return code == "VALID";
    }));
}

// Each worker checks the signature at most once.
BOOST_AUTO_TEST_CASE(replays_of_an_expired_token_cost_one_check) {
    const temporary_folder folder;
    const auto file = folder.file("jwks.json");
    auto public_key = rsa_public_key();
    public_key["kid"] = "r1";
    std::ofstream(file) << boost::json::serialize(
        boost::json::object{{"keys", boost::json::array{public_key}}});
    server_process server("postgresql:///none?host=/nonexistent", "workers = 2\n",
                          "[[issuers]]\nissuer = \"https://issuer.example\"\naudiences = \"api\"\n"
                          "revocable = false\njwks_file = \"" +
                              file + "\"\n");
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    const auto token_with = [](const std::string& claims) {
        return signed_token(R"({"alg":"RS256","kid":"r1"})",
                            R"({"iss":"https://issuer.example","aud":"api","iat":)" +
                                std::to_string(now() - 600) + claims + "}",
                            parsed(rsa_private_key()), jws_algorithm::rs256);
    };
    const auto checks = [&] {
        return metric(server, R"(auth_signature_checks_total{outcome="good"})");
    };
    const auto expired = token_with(R"(,"exp":)" + std::to_string(now() - 300));
    const auto incomplete = token_with("");
    const auto before = checks();
    for (int c = 0; c < 4; ++c) {
        auto client = server.connect();
        for (int i = 0; i < 250; ++i) {
            BOOST_REQUIRE(code_of(client.ask(ask_about(expired))) == "EXPIRED");
            BOOST_REQUIRE(code_of(client.ask(ask_about(incomplete))) == "INVALID_FORMAT");
        }
    }
    BOOST_TEST(checks() - before <= 4);
    BOOST_TEST(metric(server, R"(auth_cache_hits_total{cache="proof"})") >= 1996);
    BOOST_TEST(metric(server, R"(auth_cache_entries{cache="token"})") == 0);
    BOOST_TEST(metric(server, R"(auth_cache_entries{cache="proof"})") == 2);

    const auto another = token_with(R"(,"sub":"s","exp":)" + std::to_string(now() - 300));
    const auto earlier = checks();
    const auto answered = server.ask(batch_of(std::vector<std::string>(500, another))).json();
    BOOST_TEST(answered.at("invalid_count").as_int64() == 500);
    BOOST_TEST(checks() - earlier == 1);
}

BOOST_AUTO_TEST_SUITE_END()
