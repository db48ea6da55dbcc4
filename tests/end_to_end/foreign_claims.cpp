// Claims of other issuers' tokens in their usual shapes, on a running server.
#include "../crypto/support.hpp"
#include "../support/certificates.hpp"
#include "issuing_nodes.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

const std::string organization = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

std::int64_t seconds_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string token(const std::string& issuer, const std::string& more, std::int64_t life = 600) {
    const auto now = seconds_now();
    return signed_token(R"({"alg":"RS256","kid":"r1"})",
                        R"({"iss":")" + issuer + R"(","iat":)" + std::to_string(now) +
                            R"(,"exp":)" + std::to_string(now + life) + more + "}",
                        parsed(rsa_private_key()), latchkey::crypto::jws_algorithm::rs256);
}

// Organizations have uuids, as in many older services.
struct one_node {
    one_node() {
        database.exec("create table public.organizations (organization_id uuid primary key)");
        database.migrate();
        auto key = rsa_public_key();
        key["kid"] = "r1";
        std::ofstream(folder.file("jwks.json"))
            << boost::json::serialize(boost::json::object{{"keys", boost::json::array{key}}});
        node.emplace(database.uri(), "",
                     issuer("plain", "any_audience = true\norganization_claim = "
                                     "\"https://b.example/org\"\n") +
                         issuer("bound",
                                "any_audience = true\norganization_claim = \"org\"\n"
                                "organizations = \"{A0EEBC999C0B4EF8BB6D6BB9BD380A11}\"\n") +
                         issuer("endless", "audiences = \"app\"\naudience_claims = \"aud, azp\"\n"
                                           "max_token_lifetime = \"unbounded\"\n"
                                           "integer_subject = true\n"));
        BOOST_REQUIRE(node->wait_for("/readyz", 200));
        BOOST_REQUIRE(node->create_organization(organization) == organization);
    }
    std::string issuer(const std::string& name, const std::string& more) const {
        return "[[issuers]]\nissuer = \"" + name + "\"\njwks_file = \"" + folder.file("jwks.json") +
               "\"\n" + more;
    }
    std::string code(const std::string& text) const { return code_of(node->ask(ask_about(text))); }
    boost::json::object body(const std::string& text) const {
        return node->ask(ask_about(text)).json();
    }

    test_database database;
    const temporary_folder folder;
    std::optional<server_process> node;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(foreign_claims, one_node)

BOOST_AUTO_TEST_CASE(an_organization_is_disabled_and_revoked_in_every_spelling) {
    std::vector<std::string> tokens;
    for (const char* spelling :
         {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
          "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11"})
        tokens.push_back(
            token("plain", R"(,"https://b.example/org":")" + std::string(spelling) + '"'));
    for (const auto& one : tokens) {
        BOOST_TEST(body(one).at("organization_id").as_string() == organization);
        BOOST_TEST(code(one) == "VALID");
    }
    database.exec("update public.organizations set status = 'disabled'");
    for (const auto& one : tokens)
        BOOST_TEST(nodes::becomes(*node, one, "ORGANIZATION_DISABLED"));
    database.exec("update public.organizations set status = 'active'");
    for (const auto& one : tokens)
        BOOST_TEST(nodes::becomes(*node, one, "VALID"));
    const auto made = node->command({"revocation", "create", "--organization",
                                     "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "--yes", "--json"});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    BOOST_TEST(made.out.find(organization) != std::string::npos, made.out);
    for (const auto& one : tokens)
        BOOST_TEST(code(one) == "REVOKED");
    // The same in a batch, and with texts that are not uuids.
    const auto batch = node->ask(post(
        "/api/v1/auth/verify-batch",
        R"({"items":[{"type":"token","token":")" + tokens[1] + R"("},{"type":"token","token":")" +
            token("plain", R"(,"https://b.example/org":"org_x7")") +
            R"("},{"type":"token","token":")" +
            token("plain", R"(,"https://b.example/org":["x"])") + "\"}]}"));
    const auto results = batch.json().at("results").as_array();
    BOOST_TEST(results.at(0).at("code").as_string() == "REVOKED");
    BOOST_TEST(results.at(1).at("organization_id").as_string() == "org_x7");
    BOOST_TEST(results.at(2).at("code").as_string() == "INVALID_FORMAT");
}

BOOST_AUTO_TEST_CASE(an_issuer_names_only_its_organizations) {
    BOOST_TEST(code(token("bound", R"(,"org":"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")")) == "VALID");
    for (const char* other : {R"(,"org":"b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")", "",
                              R"(,"org":null)", R"(,"org":7)", R"(,"org":"")"})
        BOOST_TEST(code(token("bound", other)) == "ISSUER_MISMATCH");
    BOOST_TEST(code(token("bound", R"(,"org":true)")) == "INVALID_FORMAT");
}

// Such tokens are Supabase's service_role, Cognito's and Keycloak's.
BOOST_AUTO_TEST_CASE(a_token_of_ten_years_without_an_audience) {
    const std::int64_t ten_years = 3650 * 86400;
    const auto long_lived = token("endless", R"(,"azp":"app","sub":42,"aud":null)", ten_years);
    const auto told = body(long_lived);
    BOOST_TEST(told.at("code").as_string() == "VALID");
    BOOST_TEST(told.at("subject").as_string() == "42");
    BOOST_TEST(told.at("audience").as_array().size() == 1u);
    BOOST_TEST(code(token("endless", R"(,"aud":"x","azp":"app")")) == "AUDIENCE_MISMATCH");
    // Revocations of its tokens are kept for ever, those of other issuers' tokens are not.
    BOOST_REQUIRE(node->command({"revocation", "create", "--subject", "42", "--issuer", "endless"})
                      .exit_code == 0);
    BOOST_TEST(code(long_lived) == "REVOKED");
    // The answer for the issuer with a bound shows the bound.
    const auto bounded = body(token("plain", "", ten_years));
    const auto day = seconds_now() + 86400;
    const auto ends = latchkey::core::parse_rfc3339(bounded.at("expires_at").as_string()).value();
    const auto off =
        std::chrono::duration_cast<std::chrono::seconds>(ends.time_since_epoch()).count() - day;
    BOOST_TEST((off >= -60 && off <= 0));
}

BOOST_AUTO_TEST_CASE(shapes_of_other_makers) {
    struct {
        const char* claims;
        const char* code;
    } const cases[] = {
        {R"(,"scope":["a","b"])", "VALID"},
        {R"(,"scope":null,"permissions":{},"nbf":null,"jti":null,"aud":null)", "VALID"},
        {R"(,"jti":"")", "INVALID_FORMAT"},
        {R"(,"jti":"a\u0000b")", "INVALID_FORMAT"},
        {R"(,"sub":"a\u0000b")", "INVALID_FORMAT"},
        {R"(,"sub":"\ud800")", "INVALID_FORMAT"},
        {R"(,"https://b.example/org":"a\u0000b")", "INVALID_FORMAT"},
        {R"(,"sub":42)", "INVALID_FORMAT"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.claims) {
            BOOST_TEST(code(token("plain", c.claims)) == c.code);
        }
}

// Both check-config and the server refuse it with 78.
BOOST_AUTO_TEST_CASE(a_public_key_is_no_secret) {
    const auto key = new_key();
    const memory_ptr text(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(text.get(), key.get());
    std::ofstream(folder.file("public.pem")) << content_of(*text);
    const std::string of_secret =
        "[[issuers]]\nissuer = \"a\"\nany_audience = true\nsecret_file = \"" +
        folder.file("public.pem") + "\"\n";
    const std::string of_set = issuer("a", "any_audience = true\nalgorithms = \"HS256\"\n");
    for (const auto& toml : {of_secret, of_set}) {
        std::ofstream(folder.file("bad.toml")) << toml;
        const std::vector<std::string> environment = {"LATCHKEY_DATABASE__URI=" + database.uri()};
        for (const char* word : {"check-config", "serve"}) {
            const auto ended =
                run({latchkey_binary(), word, "--config", folder.file("bad.toml")}, environment);
            BOOST_TEST(ended.exit_code == 78, ended.err);
            BOOST_TEST(ended.err.find("holds") != std::string::npos, ended.err);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
