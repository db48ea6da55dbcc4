// Token exchange: what comes out is never more than what went in, and falls with it.
#include "support_oauth.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

const std::string as_acme = basic("id-of-acme", "key-of-acme");

struct exchanging : oauth_worker {
    oauth_answer exchange(const std::string& subject, const std::string& type,
                          const std::string& more = {}, const std::string& lines = {}) {
        return ask(token_path, by_exchange + "&subject_token=" + subject + type + more, lines);
    }
    boost::json::object claims_from(const oauth_answer& a) {
        BOOST_REQUIRE_MESSAGE(a.status == 200, a.body);
        BOOST_TEST(a.json().at("issued_token_type") ==
                   "urn:ietf:params:oauth:token-type:access_token");
        return claims_of(a.text("access_token"));
    }
    /// Whether a token is good here.
    auth::verdict verdict_of(const std::string& token) {
        const auto decided = api.tokens.verify(
            token, {.audience = {}, .scopes = {}, .any_audience = true}, {}, api.read_clocks(),
            [](const auto&) { return false; }, [](const auto&...) {});
        return decided.what.value();
    }
    void revoke(auth::revocation_kind kind, const std::string& issuer, const std::string& value) {
        auth::revocation_change change;
        change.what.kind = kind;
        change.what.issuer = issuer;
        change.what.value = value;
        change.what.created_at = core::moment::now().real;
        state.revocations.apply(change);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(oauth_exchange, exchanging)

BOOST_AUTO_TEST_CASE(a_key_becomes_a_token_of_its_own) {
    const auto claims =
        claims_from(exchange("key-of-acme", of_key_type, "&scope=devices:read&audience=billing"));
    BOOST_TEST(claims.at("sub") == "id-of-acme");
    BOOST_TEST(claims.at("credential_kind") == "api_key");
    BOOST_TEST(claims.at("scope") == "devices:read");
    BOOST_TEST(claims.at("aud") == "billing");
    BOOST_TEST(!claims.contains("subject_issuer"));
}

BOOST_AUTO_TEST_CASE(a_token_of_ours_becomes_a_narrower_one) {
    const auto subject = token_of("acme", "&audience=orders");
    const auto before = claims_of(subject);
    const auto claims = claims_from(exchange(subject, of_token_type, "&scope=devices:read"));
    for (const auto* same : {"sub", "credential_kind", "organization_id", "aud", "gen"})
        BOOST_TEST(claims.at(same) == before.at(same));
    BOOST_TEST(claims.at("scope") == "devices:read");
    BOOST_TEST(claims.at("subject_token_id") == before.at("jti"));
    BOOST_TEST(claims.at("exp").as_int64() <= before.at("exp").as_int64());
    // Whom it is for changes only for a client that proves itself.
    BOOST_TEST(exchange(subject, of_token_type, "&audience=billing").outcome() ==
               "400 invalid_target");
    BOOST_TEST(
        claims_from(exchange(subject, of_token_type, "&audience=billing", as_acme)).at("aud") ==
        "billing");
}

BOOST_AUTO_TEST_CASE(another_issuers_token_becomes_one_of_ours_for_a_client) {
    const auto subject = foreign_token(R"(,"org":"acme","sub":"u","jti":"j","scope":"a b")");
    BOOST_TEST(exchange(subject, of_token_type).outcome() == "401 invalid_client");
    const auto claims = claims_from(exchange(subject, of_token_type, "&scope=a", as_acme));
    BOOST_TEST(claims.at("iss") == "https://latchkey.example");
    BOOST_TEST(claims.at("sub") == "u");
    BOOST_TEST(claims.at("credential_kind") == "token");
    BOOST_TEST(claims.at("subject_issuer").as_string() == issuer_name);
    BOOST_TEST(claims.at("subject_token_id") == "j");
    BOOST_TEST(claims.at("organization_id") == "acme");
    BOOST_TEST(claims.at("scope") == "a");
    BOOST_TEST(claims.at("aud") == "latchkey");
    BOOST_TEST(claims.at("exp").as_int64() <= claims_of(subject).at("exp").as_int64());
}

BOOST_AUTO_TEST_CASE(it_ends_no_later_than_its_subject) {
    const auto now = std::chrono::duration_cast<core::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    const auto subject = rsa_token(
        good_header, R"({"iss":")" + std::string(issuer_name) +
                         R"(","aud":"api","sub":"u","org":"acme","iat":)" + std::to_string(now) +
                         R"(,"exp":)" + std::to_string(now + 40) + "}");
    const auto a = exchange(subject, of_token_type, "", as_acme);
    BOOST_TEST(claims_from(a).at("exp") == now + 40);
    BOOST_TEST(a.json().at("expires_in").as_int64() <= 40);
}

BOOST_AUTO_TEST_CASE(it_falls_with_its_subject) {
    const auto foreign = foreign_token(R"(,"org":"acme","sub":"u","jti":"j")");
    const auto own = token_of("acme");
    const auto own_id = std::string(claims_of(own).at("jti").as_string());
    const auto made = [&](const std::string& subject) {
        return exchange(subject, of_token_type, "", as_acme).text("access_token");
    };
    const struct {
        const char* what;
        std::string token;
        auth::revocation_kind kind;
        std::string issuer, value;
    } table[] = {
        {"by the foreign token", made(foreign), auth::revocation_kind::token, issuer_name, "j"},
        {"by the foreign subject", made(foreign_token(R"(,"org":"acme","sub":"v","jti":"k")")),
         auth::revocation_kind::subject, issuer_name, "v"},
        {"by the token of ours", made(own), auth::revocation_kind::token,
         "https://latchkey.example", own_id},
        {"by the key", made(token_of("acme")), auth::revocation_kind::credential, "", "id-of-acme"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) BOOST_TEST((verdict_of(row.token) == auth::verdict::valid));
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            BOOST_TEST((verdict_of(row.token) == auth::verdict::valid));
            revoke(row.kind, row.issuer, row.value);
            BOOST_TEST((verdict_of(row.token) == auth::verdict::revoked));
        }
}

BOOST_AUTO_TEST_CASE(what_is_not_good_is_not_exchanged) {
    const auto own = token_of("acme");
    const auto exchanged = exchange(own, of_token_type).text("access_token");
    const auto foreign = foreign_token(R"(,"org":"other","sub":"u")");
    const struct {
        const char* what;
        std::string subject, type, more, lines, outcome;
    } table[] = {
        {"an unknown key", "nobodys-key", of_key_type, "", "", "400 invalid_request"},
        {"a token as a key", own, of_key_type, "", "", "400 invalid_request"},
        {"a key as a token", "key-of-acme", of_token_type, "", "", "400 invalid_request"},
        {"a changed token", own + "A", of_token_type, "", "", "400 invalid_request"},
        {"a scope too much", own, of_token_type, "&scope=devices:delete", "", "400 invalid_scope"},
        {"a key's scope too much", "key-of-acme", of_key_type, "&scope=x", "", "400 invalid_scope"},
        {"another organization's", foreign, of_token_type, "", as_acme, "400 invalid_request"},
        {"another organization's key", "key-of-other", of_key_type, "", as_acme,
         "400 invalid_request"},
        {"exchanged before", exchanged, of_token_type, "", "", "400 invalid_request"},
        {"without sub", foreign_token(R"(,"org":"acme")"), of_token_type, "", as_acme,
         "400 invalid_request"},
        {"a wrong client", own, of_token_type, "", basic("door", "wrong-secret"),
         "401 invalid_client"},
        {"no type", own, "", "", "", "400 invalid_request"},
        {"another type", own, "&subject_token_type=urn:ietf:params:oauth:token-type:saml2", "", "",
         "400 invalid_request"},
        {"a refresh token", own, of_token_type,
         "&requested_token_type=urn:ietf:params:oauth:token-type:refresh_token", "",
         "400 invalid_request"},
        {"an actor", own, of_token_type, "&actor_token=" + own, "", "400 invalid_request"},
        {"no subject", "", of_token_type, "", "", "400 invalid_request"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            BOOST_TEST(exchange(row.subject, row.type, row.more, row.lines).outcome() ==
                       row.outcome);
        }
    const auto unknown = exchange("nobodys-key", of_key_type);
    BOOST_TEST(exchange("key-of-other", of_key_type, "", as_acme).body == unknown.body);
    BOOST_TEST(exchange(foreign, of_token_type, "", as_acme).body == unknown.body);
}

BOOST_AUTO_TEST_CASE(a_bound_token_needs_its_certificate) {
    certificate.thumbprint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
    const auto bound = token_of("acme");
    BOOST_TEST(claims_from(exchange(bound, of_token_type)).at("cnf").at("x5t#S256") ==
               "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2");
    certificate.thumbprint = "cwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
    BOOST_TEST(exchange(bound, of_token_type).outcome() == "400 invalid_request");
    certificate = {};
    BOOST_TEST(exchange(bound, of_token_type).outcome() == "400 invalid_request");
}

BOOST_AUTO_TEST_SUITE_END()
