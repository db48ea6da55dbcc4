// Token exchange: what comes out is never more than what went in, and falls with it.
#include "support_oauth.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

const std::string as_acme = basic("id-of-acme", "key-of-acme");

const std::string as_issuing = basic("id-of-issuing", "key-of-issuing");
const std::string thumbprint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";

std::int64_t seconds_now() {
    return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

struct exchanging : oauth_worker {
    exchanging() { add_key("issuing", "acme", {"latchkey:issue"}); }
    oauth_answer pass(const std::string& token, const std::string& query = {}) {
        return get("/forward-auth" + query, "Authorization: Bearer " + token + "\r\n");
    }
    /// What a gateway's upstream gets for it.
    std::string forwarded(const std::string& token) {
        return pass(token, "?token=1").field("X-Latchkey-Token");
    }
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
    void revoke(auth::revocation_kind kind, const std::string& issuer, const std::string& value,
                std::optional<core::real_time> issued_before = {}) {
        auth::revocation_change change;
        change.what.issued_before = issued_before;
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
}

// Whoever receives a token must not make it one for others.
BOOST_AUTO_TEST_CASE(whom_a_token_is_for_changes_only_by_who_may_issue) {
    const auto own = token_of("acme", "&audience=orders");
    const auto foreign = foreign_token(R"(,"org":"acme","sub":"u")"); // for "api"
    const auto of_many =
        own_token(R"(,"sub":"id-of-acme","organization_id":"acme","aud":["a","b"],"iat":)" +
                  std::to_string(seconds_now()));
    const struct {
        const char* what;
        std::string subject, type, more, lines, outcome; // the outcome is 4xx or an audience
    } table[] = {
        {"nobody", own, of_token_type, "&audience=billing", "", "400 invalid_target"},
        {"a device", own, of_token_type, "&audience=billing", basic("door", "secret"),
         "400 invalid_target"},
        {"a key", own, of_token_type, "&audience=billing", as_acme, "400 invalid_target"},
        {"a resource", own, of_token_type, "&resource=urn:b", as_acme, "400 invalid_target"},
        {"who may issue", own, of_token_type, "&audience=billing", as_issuing, "billing"},
        {"the same", own, of_token_type, "&audience=orders", "", "orders"},
        {"a key's token", "key-of-acme", of_key_type, "&audience=billing", "", "billing"},
        {"a foreign one", foreign, of_token_type, "&audience=billing", as_acme,
         "400 invalid_target"},
        {"a foreign one, who may issue", foreign, of_token_type, "&audience=billing", as_issuing,
         "billing"},
        {"a foreign one, the same", foreign, of_token_type, "&audience=api", as_acme, "api"},
        {"a foreign one, no wish", foreign, of_token_type, "", as_acme, "latchkey"},
        {"a foreign one, ours by name", foreign, of_token_type, "&audience=latchkey", as_acme,
         "latchkey"},
        {"one of ours, ours by name", own, of_token_type, "&audience=latchkey", as_acme,
         "400 invalid_target"},
        {"several", of_many, of_token_type, "", "", "400 invalid_target"},
        {"one of several", of_many, of_token_type, "&audience=b", "", "b"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto a = exchange(row.subject, row.type, row.more, row.lines);
            if (a.status != 200)
                BOOST_TEST(a.outcome() == row.outcome);
            else
                BOOST_TEST(claims_from(a).at("aud").as_string() == row.outcome);
        }
}

// Somebody of another issuer may be called as a device of ours is.
BOOST_AUTO_TEST_CASE(another_issuers_subject_is_never_taken_for_one_of_ours) {
    add_key("asker", "acme", {"latchkey:introspect"});
    const auto subject = foreign_token(R"(,"org":"acme","sub":"door","jti":"j")");
    const auto made = exchange(subject, of_token_type, "", as_acme).text("access_token");
    BOOST_TEST(claims_of(made).at("client_id") == "id-of-acme");
    const auto told =
        ask(introspect_path, "token=" + made, basic("id-of-asker", "key-of-asker")).json();
    BOOST_TEST(told.at("active") == true);
    BOOST_TEST(told.at("client_id") == "id-of-acme");
    BOOST_TEST(told.at("subject_issuer").as_string() == issuer_name);
    BOOST_TEST(pass(made).field("X-Latchkey-Issuer") == issuer_name);
    for (const auto& token : {forwarded(made), forwarded(subject)}) {
        const auto claims = claims_of(token);
        BOOST_TEST(claims.at("subject_issuer").as_string() == issuer_name);
        BOOST_TEST(claims.at("client_id") != "door");
        BOOST_TEST(pass(token).field("X-Latchkey-Issuer") == issuer_name);
    }
    // Of ours, the client is told apart from the subject, too.
    const auto own = exchange(token_of("acme"), of_token_type, "", as_issuing);
    BOOST_TEST(claims_from(own).at("client_id") == "id-of-issuing");
    BOOST_TEST(claims_from(own).at("sub") == "id-of-acme");
    BOOST_TEST(pass(own.text("access_token")).field("X-Latchkey-Issuer") ==
               "https://latchkey.example");
    // What happens to the device does not matter to it.
    auth::revocation_change end;
    end.what.kind = auth::revocation_kind::credential;
    end.what.value = "door";
    end.what.of = auth::credential_kind::device;
    end.what.created_at = core::moment::now().real;
    state.revocations.apply(end);
    revoke(auth::revocation_kind::subject, "https://latchkey.example", "door");
    BOOST_TEST((verdict_of(made) == auth::verdict::valid));
    revoke(auth::revocation_kind::subject, issuer_name, "door");
    BOOST_TEST((verdict_of(made) == auth::verdict::revoked));
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

// A revocation of all that was issued before some time ends a token of that time, whatever it has
// become since.
BOOST_AUTO_TEST_CASE(it_is_as_old_as_its_subject) {
    const auto now = seconds_now();
    const auto issued = R"("iat":)" + std::to_string(now - 500);
    const auto revoked_before = core::real_time(core::seconds(now - 300));
    const auto foreign =
        rsa_token(good_header, R"({"iss":")" + std::string(issuer_name) +
                                   R"(","aud":"api","sub":"u","org":"acme",)" + issued +
                                   R"(,"exp":)" + std::to_string(now + 600) + "}");
    const auto own = own_token(R"(,"sub":"id-of-other","credential_kind":"api_key",)"
                               R"("organization_id":"other","aud":"latchkey",)" +
                               issued);
    const auto of_foreign = exchange(foreign, of_token_type, "", as_acme).text("access_token");
    const auto of_own = exchange(own, of_token_type).text("access_token");
    const struct {
        const char* what;
        std::string token;
        auth::revocation_kind kind;
        std::string issuer, value;
    } table[] = {
        {"the foreign subject", of_foreign, auth::revocation_kind::subject, issuer_name, "u"},
        {"its product", forwarded(of_foreign), auth::revocation_kind::subject, issuer_name, "u"},
        {"the key", of_own, auth::revocation_kind::credential, "", "id-of-other"},
        {"the organization", of_own, auth::revocation_kind::organization, "", "other"},
        {"our subject", of_own, auth::revocation_kind::subject, "https://latchkey.example",
         "id-of-other"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto earlier = row.issuer == issuer_name ? 25 : 0; // its leeway beyond ours
            BOOST_TEST(claims_of(row.token).at("subject_issued_at").as_int64() ==
                       now - 500 - earlier);
            revoke(row.kind, row.issuer, row.value, core::real_time(core::seconds(now - 700)));
            BOOST_TEST((verdict_of(row.token) == auth::verdict::valid));
            revoke(row.kind, row.issuer, row.value, revoked_before);
            BOOST_TEST((verdict_of(row.token) == auth::verdict::revoked));
            revoke(row.kind, row.issuer, row.value, core::real_time(core::seconds(now - 700)));
        }
}

// Whoever revokes what was issued before some time allows for the clock of the subject's issuer.
BOOST_AUTO_TEST_CASE(it_is_compared_with_the_leeway_of_its_subjects_issuer) {
    const auto issued = seconds_now() - 500;
    const auto foreign = rsa_token(
        good_header, R"({"iss":")" + std::string(issuer_name) +
                         R"(","aud":"api","sub":"u","org":"acme","iat":)" + std::to_string(issued) +
                         R"(,"exp":)" + std::to_string(issued + 1100) + "}");
    const auto made = exchange(foreign, of_token_type, "", as_acme).text("access_token");
    const std::string all[] = {foreign, made, forwarded(foreign), forwarded(made)};
    for (const auto& [before, expected] : {std::pair(-31, auth::verdict::valid),
                                           {-30, auth::verdict::revoked},
                                           {-6, auth::verdict::revoked},
                                           {0, auth::verdict::revoked}}) {
        revoke(auth::revocation_kind::subject, issuer_name, "u",
               core::real_time(core::seconds(issued + before)));
        for (const auto& token : all)
            BOOST_TEST_CONTEXT(before << " s, token " << &token - all)
        BOOST_TEST((verdict_of(token) == expected));
    }
    // No date is before 1970.
    auth::token_claims oldest;
    oldest.issuer = issuer_name;
    oldest.first_issued_at = core::real_time(10s);
    BOOST_TEST((api.token_issuer.holder_of(oldest).issued_at == core::real_time()));
}

// After a rotation, what the old secret makes ends with it.
BOOST_AUTO_TEST_CASE(what_an_old_secret_makes_ends_as_it_retires) {
    const auto retires = seconds_now() + 40;
    auto& old = add_key("old", "acme");
    old.retires_at = core::real_time(core::seconds(retires));
    old.expires_at = core::real_time(core::seconds(retires + 100));
    const auto end_of = [](const std::string& token) {
        return claims_of(token).at("exp").as_int64();
    };
    BOOST_TEST(claims_from(exchange("key-of-old", of_key_type)).at("exp").as_int64() == retires);
    BOOST_TEST(end_of(token_of("old")) == retires);
    BOOST_TEST(end_of(forwarded("key-of-old")) == retires);
    const auto granted = asked(*this, "/api/v1/auth/generate-token", R"({"api_key":"key-of-old"})",
                               {}, "POST", "application/json")
                             .go_on();
    BOOST_REQUIRE_MESSAGE(granted.status == 200, granted.body);
    BOOST_TEST(end_of(granted.text("access_token")) == retires);
}

// A gateway's token falls with the one that was presented, and with what that was made from.
BOOST_AUTO_TEST_CASE(what_a_gateway_makes_of_it_falls_with_it) {
    const std::string us = "https://latchkey.example";
    const auto id_of = [](const std::string& token) {
        return std::string(claims_of(token).at("jti").as_string());
    };
    const auto exchanged = [&](const std::string& subject) {
        return exchange(subject, of_token_type, "", as_acme).text("access_token");
    };
    const auto foreign = [&](const std::string& id) {
        return foreign_token(R"(,"org":"acme","sub":"u","jti":")" + id + '"');
    };
    const auto own = token_of("acme"), first = token_of("acme");
    const auto of_own = exchanged(token_of("acme")), of_first = exchanged(first);
    const auto of_foreign = exchanged(foreign("k"));
    const auto of_other = exchanged(foreign("l"));
    const auto chained = forwarded(exchanged(foreign("m")));
    const struct {
        const char* what;
        std::string token, issuer, id;
    } table[] = {
        {"a token of ours", forwarded(own), us, id_of(own)},
        {"another issuer's", forwarded(foreign("j")), issuer_name, "j"},
        {"an exchanged one", forwarded(of_own), us, id_of(of_own)},
        {"its subject", forwarded(of_first), us, id_of(first)},
        {"one of another issuer's", forwarded(of_foreign), us, id_of(of_foreign)},
        {"that issuer's", forwarded(of_other), issuer_name, "l"},
        {"passed through two gateways", forwarded(chained), issuer_name, "m"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            BOOST_TEST((verdict_of(row.token) == auth::verdict::valid));
            revoke(auth::revocation_kind::token, row.issuer, row.id);
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
    // A gateway knows nothing of its client's certificate.
    const auto passed = pass(bound, "?token=1");
    BOOST_TEST(passed.status == 401);
    BOOST_TEST(passed.field("X-Latchkey-Code") == "CERTIFICATE_MISMATCH");
}

// What shows the certificate is not the client, but something in front of it.
BOOST_AUTO_TEST_CASE(a_proxys_certificate_is_not_its_clients) {
    certificate.thumbprint = thumbprint;
    certificate.dns_names = {"gateway.example"};
    const auto bound = token_of("acme");
    BOOST_TEST(claims_of(bound).contains("cnf"));
    const auto takes_none = [&](const char* what) {
        BOOST_TEST_CONTEXT(what) {
            BOOST_TEST(!claims_of(token_of("acme")).contains("cnf"));
            BOOST_TEST(!claims_from(exchange("key-of-acme", of_key_type)).contains("cnf"));
            BOOST_TEST(exchange(bound, of_token_type).outcome() == "400 invalid_request");
        }
    };
    rules.proxies = {*core::parse_network("192.0.2.7")};
    takes_none("a trusted proxy");
    rules.proxies.clear();
    BOOST_TEST(exchange(bound, of_token_type).outcome() == "200");
    api::known_caller_configuration known;
    known.certificate = "gateway.example";
    known.scopes = "latchkey:issue:*";
    api.configure({}, {}, {}, {}, api::caller_rules::make({}, {&known, 1}).value());
    takes_none("a caller");
}

BOOST_AUTO_TEST_CASE(without_memory_for_its_thumbprint_nothing_is_issued_unbound) {
    shows_certificate = true;
    const auto a = ask(token_path, by_client, as_acme);
    BOOST_TEST(a.outcome() == "503 temporarily_unavailable");
    BOOST_TEST(exchange("key-of-acme", of_key_type).outcome() == "503 temporarily_unavailable");
}

// A DPoP proof cannot be compared here, and must not be lost.
BOOST_AUTO_TEST_CASE(a_token_that_is_bound_to_something_else_is_not_exchanged) {
    certificate.thumbprint = thumbprint;
    add_key("asker", "acme", {"latchkey:introspect"});
    const auto of = R"("x5t#S256":")" + thumbprint + '"';
    for (const auto& [cnf, outcome] : {std::pair<std::string, std::string>{"{}", "200"},
                                       {"{" + of + "}", "200"},
                                       {R"({"jkt":"key"})", "400 invalid_request"},
                                       {R"({"jkt":"key",)" + of + "}", "400 invalid_request"}})
        BOOST_TEST_CONTEXT(cnf) {
            const auto token = foreign_token(R"(,"org":"acme","sub":"u","cnf":)" + cnf);
            BOOST_TEST(exchange(token, of_token_type, "", as_acme).outcome() == outcome);
            BOOST_TEST(pass(token).status == (cnf == "{}" ? 200 : 401));
            const auto told =
                ask(introspect_path, "token=" + token, basic("id-of-asker", "key-of-asker")).json();
            BOOST_TEST(told.at("active") == true);
            if (cnf != "{}") BOOST_TEST((told.at("cnf") == boost::json::parse(cnf)));
            const bool is_of_dpop = cnf.find("jkt") != std::string::npos;
            BOOST_TEST(told.at("token_type") == (is_of_dpop ? "DPoP" : "Bearer"));
        }
}

BOOST_AUTO_TEST_SUITE_END()
