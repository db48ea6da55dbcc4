// A database that is gone. Tokens go on until the bound; past it nobody can know
// whether one is revoked, unless its issuer does without.
#include "../crypto/support.hpp"
#include "issuing_nodes.hpp"
#include "private_cluster.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

} // namespace

BOOST_AUTO_TEST_SUITE(token_staleness)

BOOST_AUTO_TEST_CASE(tokens_outlive_the_database_until_the_bound) {
    private_cluster cluster;
    const temporary_folder folder;
    std::ofstream(folder.file("kek")) << std::string(64, 'a');
    auto public_key = latchkey::test::rsa_public_key();
    public_key["kid"] = "r1";
    std::ofstream(folder.file("jwks.json"))
        << boost::json::serialize(boost::json::object{{"keys", boost::json::array{public_key}}});
    const auto issuer = [&](const std::string& name, const char* more) {
        return "[[issuers]]\nissuer = \"" + name + "\"\nany_audience = true\n" + more +
               "jwks_file = \"" + folder.file("jwks.json") + "\"\n";
    };
    const auto toml = "[cache]\nmax_staleness = \"2s\"\n[tokens]\nkey_encryption_key_file = \"" +
                      folder.file("kek") + "\"\n" + issuer("revocable", "") +
                      issuer("unrevocable", "revocable = false\n");
    BOOST_REQUIRE(run({latchkey_binary(), "migrate", "--set", "admin.socket=/none"},
                      {"LATCHKEY_DATABASE__URI=" + cluster.uri()})
                      .exit_code == 0);
    const server_process node(cluster.uri(), "", toml, {},
                              "feed_interval = \"100ms\"\nfeed_timeout = \"300ms\"\n");
    BOOST_REQUIRE(node.wait_for("/readyz", 200));
    const auto key = node.create_key(node.create_organization());
    const auto own = nodes::issue(node, key);
    const auto issued = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                           std::chrono::system_clock::now().time_since_epoch())
                                           .count());
    const auto foreign = [&](const std::string& name) {
        return signed_token(R"({"alg":"RS256","kid":"r1"})",
                            R"({"iss":")" + name + R"(","sub":"s","exp":9999999999,"iat":)" +
                                issued + "}",
                            parsed(rsa_private_key()), latchkey::crypto::jws_algorithm::rs256);
    };
    const auto revocable = foreign("revocable");
    const auto unrevocable = foreign("unrevocable");
    for (const auto& token : {own, revocable, unrevocable})
        BOOST_TEST(code_of(node.ask(ask_about(token))) == "VALID");

    cluster.signal_all(SIGKILL); // so that no backend lives on and answers another poll
    const auto killed = std::chrono::steady_clock::now();
    auto client = node.connect();
    std::size_t answered = 0;
    // Answers last for exactly two seconds from the begin of the last poll.
    for (;;) {
        const auto begun = std::chrono::steady_clock::now() - killed;
        const auto undecided = client.ask(ask_about(own));
        if (code_of(undecided) != "VALID") {
            BOOST_TEST(metric(node, "auth_feed_age_seconds") > 2, undecided.head + undecided.body);
            break;
        }
        BOOST_REQUIRE(begun <= std::chrono::seconds(2));
        ++answered;
    }
    BOOST_TEST(answered > 0u);
    for (const auto& token : {own, revocable}) {
        const auto refused = client.ask(ask_about(token));
        BOOST_TEST(refused.status == 503);
        BOOST_TEST(refused.has("Retry-After: "));
        BOOST_TEST(refused.json().at("code").as_string() == "UNAVAILABLE");
    }
    BOOST_TEST(client.ask(ask_for_token(key)).status == 503);
    // The same for a token that has not been seen before.
    BOOST_TEST(code_of(client.ask(ask_about(unrevocable))) == "VALID");
    BOOST_TEST(code_of(client.ask(ask_about(unrevocable, R"(,"scopes":["x"])"))) ==
               "INSUFFICIENT_SCOPES");
    cluster.restart();
    BOOST_TEST(nodes::becomes(node, own, "VALID"));
}

BOOST_AUTO_TEST_SUITE_END()
