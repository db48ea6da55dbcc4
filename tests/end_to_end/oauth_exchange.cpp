// A token of another issuer, exchanged over the wire; and what a revocation by OAuth promises.
#include "../crypto/support.hpp"
#include "oauth_node.hpp"
#include "token_parts.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

using namespace latchkey::test;

namespace {

const std::string exchange = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&"
                             "subject_token_type=urn:ietf:params:oauth:token-type:access_token";
const std::string inactive = R"({"active":false})";
constexpr auto elsewhere = "https://elsewhere.example";

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Another issuer's keys are in a file.
class other_issuer {
  public:
    other_issuer() {
        auto key = rsa_public_key();
        key["kid"] = "r1";
        std::ofstream(folder_.file("jwks.json"))
            << boost::json::serialize(boost::json::object{{"keys", boost::json::array{key}}});
    }
    std::string section() const {
        return std::string("[[issuers]]\nissuer = \"") + elsewhere + "\"\njwks_file = \"" +
               folder_.file("jwks.json") +
               "\"\naudiences = \"api\"\norganization_claim = \"org\"\n";
    }
    static std::string token(const std::string& organization, const std::string& subject,
                             const std::string& id, std::int64_t lifetime) {
        return signed_token(R"({"alg":"RS256","kid":"r1"})",
                            std::string(R"({"iss":")") + elsewhere + R"(","aud":"api","sub":")" +
                                subject + R"(","jti":")" + id + R"(","org":")" + organization +
                                R"(","scope":"a b c","iat":)" + std::to_string(now()) +
                                R"(,"exp":)" + std::to_string(now() + lifetime) + "}",
                            parsed(rsa_private_key()), latchkey::crypto::jws_algorithm::rs256);
    }

  private:
    temporary_folder folder_;
};

struct exchanging_node {
    answer exchanged(const std::string& subject, const std::string& more = {}) const {
        return n.ask("/oauth2/token", exchange + "&subject_token=" + subject + more,
                     n.client.as_client());
    }
    std::string token_from(const std::string& subject, const std::string& more = {}) const {
        const auto a = exchanged(subject, more);
        BOOST_REQUIRE_MESSAGE(a.status == 200, a.head + a.body);
        return std::string(a.json().at("access_token").as_string());
    }
    bool is_active(const std::string& token) const {
        return n.introspect(token).starts_with(R"({"active":true)");
    }
    answer revoke(const std::string& token) const {
        return n.ask("/oauth2/revoke", "token=" + token);
    }

    other_issuer other;
    oauth_node n{"", other.section()};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(oauth_exchange, exchanging_node)

BOOST_AUTO_TEST_CASE(what_comes_out_is_never_more_than_what_went_in) {
    const auto subject = other_issuer::token(n.organization, "u", "j", 60);
    const auto before = claims_of(subject);
    const auto a = exchanged(subject, "&scope=c+a&audience=api");
    BOOST_REQUIRE_MESSAGE(a.status == 200, a.head + a.body);
    BOOST_TEST(a.json().at("issued_token_type") == "urn:ietf:params:oauth:token-type:access_token");
    BOOST_TEST(a.json().at("token_type") == "Bearer");
    BOOST_TEST(a.json().at("expires_in").as_int64() <= 60);
    const std::string token(a.json().at("access_token").as_string());
    const auto claims = claims_of(token);
    BOOST_TEST(claims.at("iss").as_string() == n.issuer);
    BOOST_TEST(claims.at("sub") == "u");
    BOOST_TEST(claims.at("aud") == "api");
    BOOST_TEST(claims.at("organization_id").as_string() == n.organization);
    BOOST_TEST(claims.at("scope").as_string() == a.json().at("scope").as_string());
    for (const std::string scope : {"a", "c"})
        BOOST_TEST(claims.at("scope").as_string().find(scope) != std::string::npos);
    BOOST_TEST(claims.at("scope").as_string().find('b') == std::string::npos);
    BOOST_TEST(claims.at("exp").as_int64() <= before.at("exp").as_int64());
    BOOST_TEST(claims.at("subject_issuer").as_string() == elsewhere);
    BOOST_TEST(code_of(n.node->ask(ask_about(token, R"(,"audience":"api")"))) == "VALID");
    BOOST_TEST(code_of(n.node->ask(ask_about(token, R"(,"audience":"api","scopes":["b"])"))) ==
               "INSUFFICIENT_SCOPES");
    // All that it has, for tokens.audience, if nothing is named.
    BOOST_TEST(claims_of(token_from(subject)).at("scope") == "a b c");
    BOOST_TEST(claims_of(token_from(subject)).at("aud") == "latchkey");
}

BOOST_AUTO_TEST_CASE(who_may_not_exchange_it_gets_nothing) {
    const auto subject = other_issuer::token(n.organization, "u", "j", 60);
    const struct {
        const char* what;
        std::string subject, more, lines, error;
    } table[] = {
        {"a scope too much", subject, "&scope=a+d", n.client.as_client(), "invalid_scope"},
        {"for another audience", subject, "&audience=billing", n.client.as_client(),
         "invalid_target"},
        {"no client", subject, "", "", "invalid_client"},
        {"a wrong client", subject, "", as_client(n.client.id, "wrong"), "invalid_client"},
        {"another organization's", other_issuer::token("another", "u", "j", 60), "",
         n.client.as_client(), "invalid_request"},
        {"ended", other_issuer::token(n.organization, "u", "j", -600), "", n.client.as_client(),
         "invalid_request"},
        {"changed", subject + "A", "", n.client.as_client(), "invalid_request"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto a = n.ask("/oauth2/token",
                                 exchange + "&subject_token=" + row.subject + row.more, row.lines);
            BOOST_TEST(a.status == (row.error == "invalid_client" ? 401 : 400));
            BOOST_TEST(a.json().at("error").as_string() == row.error);
            BOOST_TEST(!a.json().contains("access_token"));
        }
}

BOOST_AUTO_TEST_CASE(it_is_revoked_with_its_subject_on_every_node) {
    const auto by_id = other_issuer::token(n.organization, "u", "one", 600);
    const auto by_subject = other_issuer::token(n.organization, "v", "two", 600);
    const auto spared = token_from(other_issuer::token(n.organization, "u", "three", 600));
    const auto first = token_from(by_id), second = token_from(by_subject);
    const auto other_node = n.another();
    for (const auto& token : {first, second, spared}) {
        BOOST_TEST(is_active(token));
        BOOST_TEST(issuing_nodes::becomes(*other_node, token, "VALID"));
    }
    // Whoever holds the subject ends it, and all that was made from it.
    BOOST_TEST(revoke(by_id).status == 200);
    BOOST_TEST(n.introspect(first) == inactive);
    BOOST_TEST(exchanged(by_id).status == 400);
    const auto done =
        n.node->command({"revocation", "create", "--issuer", elsewhere, "--subject", "v"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    BOOST_TEST(n.introspect(second) == inactive);
    for (const auto& token : {first, second})
        BOOST_TEST(issuing_nodes::becomes(*other_node, token, "REVOKED"));
    BOOST_TEST(is_active(spared));
    BOOST_TEST(code_of(other_node->ask(ask_about(spared))) == "VALID");
}

// As POST /api/v1/auth/revoke does: this node obeys, and so does another that is shown the receipt.
BOOST_AUTO_TEST_CASE(a_revocation_has_a_receipt_that_other_nodes_obey) {
    const auto other_node = n.another();
    const auto ask_there = [&](const std::string& token, const std::string& lines = {}) {
        return other_node->ask(
            post_form("/oauth2/introspect", "token=" + token, n.asker.as_client() + lines));
    };
    const auto foreign = other_issuer::token(n.organization, "u", "j", 600);
    const auto key = n.create({"--scopes", "devices:read"}).key;
    for (const auto& credential : {n.token(), token_from(foreign), foreign, key}) {
        BOOST_TEST(
            soon([&] { return ask_there(credential).body.starts_with(R"({"active":true)"); }));
        const auto told = revoke(credential);
        BOOST_REQUIRE_MESSAGE(told.status == 200, told.head + told.body);
        BOOST_REQUIRE_MESSAGE(told.json().contains("receipt"), told.body);
        BOOST_TEST(n.introspect(credential) == inactive);
        const auto knows =
            "X-Latchkey-Receipt: " + std::string(told.json().at("receipt").as_string()) + "\r\n";
        const auto there = ask_there(credential, knows);
        BOOST_TEST((there.status == 503 || there.body == inactive), there.body);
        BOOST_TEST(revoke(credential).body == "{}"); // it was revoked before
    }
    BOOST_TEST(ask_there(key, "X-Latchkey-Receipt: x\r\n").status == 400);
    BOOST_TEST(revoke("nobodys-key").body == "{}");
}

BOOST_AUTO_TEST_SUITE_END()
