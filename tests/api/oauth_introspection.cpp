// Introspection: who may ask, what it says, and what it never says.
#include "support_oauth.hpp"

#include <list>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

const std::string as_asker = basic("id-of-asker", "key-of-asker");
const std::string as_asker_of_all = basic("id-of-asker-of-all", "key-of-asker-of-all");
const std::string inactive = R"({"active":false})";

struct introspecting : oauth_worker {
    oauth_answer about(const std::string& token, const std::string& lines = as_asker) {
        return ask(introspect_path, "token=" + token, lines);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(oauth_introspection, introspecting)

BOOST_AUTO_TEST_CASE(a_good_key_is_active) {
    auto& facts = add_key("own", "acme");
    facts.scopes = {"read", "write"};
    facts.expires_at = core::real_time(core::seconds(4'000'000'000));
    const auto a = about("key-of-own");
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.has_line("Cache-Control: no-store"));
    BOOST_TEST(a.body == R"({"active":true,"scope":"read write","client_id":"id-of-own",)"
                         R"("sub":"id-of-own","organization_id":"acme",)"
                         R"("credential_kind":"api_key","exp":4000000000})");
}

BOOST_AUTO_TEST_CASE(scopes_that_would_be_read_as_others_are_left_out) {
    add_key("odd", "acme").scopes = {"a b", "c\nd", "\"e", "f\\", "g\x7f", "\xc3\xa9", "", "h"};
    BOOST_TEST(about("key-of-odd").json().at("scope") == "h");
    BOOST_TEST(about(foreign_token(R"(,"org":"acme","scope":["a\nb","c"])")).json().at("scope") ==
               "c");
}

BOOST_AUTO_TEST_CASE(a_good_token_is_active_for_any_audience_of_ours) {
    const auto token = token_of("acme", "&resource=https://api.example&scope=devices:read");
    const auto a = about(token);
    const auto told = a.json();
    const auto claims = claims_of(token);
    BOOST_TEST(told.at("active") == true);
    BOOST_TEST(told.at("scope") == "devices:read");
    BOOST_TEST(told.at("client_id") == "id-of-acme");
    BOOST_TEST(told.at("sub") == "id-of-acme");
    BOOST_TEST(told.at("aud").as_array().at(0) == "https://api.example");
    BOOST_TEST(told.at("token_type") == "Bearer");
    for (const auto* same : {"iss", "jti", "exp", "iat", "organization_id"})
        BOOST_TEST(told.at(same) == claims.at(same));
    BOOST_TEST(ask(introspect_path, "token=" + token + "&audience=https://api.example", as_asker)
                   .json()
                   .at("active") == true);
    BOOST_TEST(ask(introspect_path, "token=" + token + "&audience=latchkey", as_asker).body ==
               inactive);
}

BOOST_AUTO_TEST_CASE(another_issuers_token_is_active_for_the_audiences_that_are_configured) {
    const auto told = about(foreign_token(R"(,"org":"acme","sub":"u","scope":"a b")")).json();
    BOOST_TEST(told.at("active") == true);
    BOOST_TEST(told.at("scope") == "a b");
    BOOST_TEST(told.at("iss").as_string() == issuer_name);
    BOOST_TEST(!told.contains("client_id"));
    auto elsewhere = claims_text(R"(,"org":"acme")");
    BOOST_TEST(about(rsa_token(good_header, elsewhere)).json().at("active") == true);
    elsewhere.replace(elsewhere.find("\"api\""), 5, "\"elsewhere\"");
    BOOST_TEST(about(rsa_token(good_header, elsewhere)).body == inactive);
}

BOOST_AUTO_TEST_CASE(all_that_is_not_good_looks_the_same) {
    add_key("revoked", "acme").revoked = true;
    add_key("disabled", "acme").enabled = false;
    add_key("expired", "acme").expires_at = core::real_time();
    add_key("elsewhere", "acme").allowed_networks = core::parse_networks("203.0.113.0/24").value();
    const auto token = token_of("acme");
    const struct {
        const char* what;
        std::string token;
        std::string lines;
    } table[] = {
        {"unknown", "nobodys-key", as_asker},
        {"no key", "a", as_asker},
        {"a wrong checksum", "lk_live_misshapen", as_asker},
        {"revoked", "key-of-revoked", as_asker},
        {"disabled", "key-of-disabled", as_asker},
        {"expired", "key-of-expired", as_asker},
        {"from elsewhere", "key-of-elsewhere", as_asker},
        {"another organization's", "key-of-other", as_asker},
        {"another organization's token", token_of("other"), as_asker},
        {"a changed token", token.substr(0, token.size() - 4) + "AAAA", as_asker_of_all},
        {"nobody's token", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln", as_asker_of_all},
        {"no organization's token", foreign_token(R"(,"sub":"u")"), as_asker},
    };
    const auto first = about("nobodys-key");
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto a = about(row.token, row.lines);
            BOOST_TEST(a.body == inactive);
            BOOST_TEST(a.head == first.head);
        }
    BOOST_TEST(about("key-of-other", as_asker_of_all).json().at("active") == true);
    BOOST_TEST(ask(introspect_path, "token=key-of-elsewhere&ip=203.0.113.5", as_asker)
                   .json()
                   .at("active") == true);
}

BOOST_AUTO_TEST_CASE(only_whoever_may_introspect_is_answered) {
    add_key("verifier", "acme", {"latchkey:verify:*"});
    const struct {
        const char* what;
        std::string form;
        std::string lines;
        std::string outcome;
    } table[] = {
        {"nobody", "", "", "401 invalid_client"},
        {"an id", "&client_id=id-of-asker", "", "401 invalid_client"},
        {"in the body", "&client_id=id-of-asker&client_secret=key-of-asker", "", "200"},
        {"a caller", "", "X-Latchkey-Key: key-of-asker\r\n", "200"},
        {"a wrong secret", "", basic("id-of-asker", "wrong-secret"), "401 invalid_client"},
        {"another's id", "", basic("id-of-acme", "key-of-asker"), "401 invalid_client"},
        {"an unknown id", "", basic("nobody", "wrong-secret"), "401 invalid_client"},
        {"a device", "", basic("door", "secret"), "401 invalid_client"},
        {"without the scope", "", basic("id-of-acme", "key-of-acme"), "403 insufficient_scope"},
        {"with another", "", basic("id-of-verifier", "key-of-verifier"), "403 insufficient_scope"},
        {"a wrong caller", "", "X-Latchkey-Key: nobodys-key\r\n", "401 invalid_client"},
        {"both", "", "X-Latchkey-Key: key-of-asker\r\n" + as_asker, "400 invalid_request"},
        {"twice", "&client_id=id-of-asker&client_secret=key-of-asker", as_asker,
         "400 invalid_request"},
        {"a bearer", "", "Authorization: Bearer key-of-asker\r\n", "401 invalid_client"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto a = ask(introspect_path, "token=key-of-acme" + row.form, row.lines);
            BOOST_TEST(a.outcome() == row.outcome);
            if (a.status == 401) BOOST_TEST(a.head.find("\r\nWWW-Authenticate: ") != a.head.npos);
        }
    BOOST_TEST(about("key-of-acme", basic("id-of-asker", "wrong-secret")).head ==
               about("key-of-acme", basic("nobody", "wrong-secret")).head);
    BOOST_TEST(ask(introspect_path, "", as_asker).outcome() == "400 invalid_request");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decided_is_503) {
    about("key-of-acme"); // the asker's own key is cached
    store.away = true;
    BOOST_TEST(about("unseen-key").outcome() == "503 temporarily_unavailable");
    BOOST_TEST(about("key-of-acme", basic("x", "unseen-key")).outcome() ==
               "503 temporarily_unavailable");
}

BOOST_AUTO_TEST_CASE(a_bound_token_is_active_with_its_certificate_alone) {
    certificate.thumbprint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
    const auto bound = token_of("acme");
    certificate = {};
    const auto with = [&](const std::string& thumbprint) {
        return ask(introspect_path, "token=" + bound + "&certificate_thumbprint=" + thumbprint,
                   as_asker);
    };
    BOOST_TEST(with("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2").json().at("active") == true);
    BOOST_TEST(with("cwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2").body == inactive);
    // Who does not say what was shown compares it, by what is told.
    BOOST_TEST(about(bound).json().at("cnf").at("x5t#S256") ==
               "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2");
    const auto unbound = token_of("acme");
    BOOST_TEST(ask(introspect_path, "token=" + unbound + "&certificate_thumbprint=abc", as_asker)
                   .json()
                   .at("active") == true);
}

// Empty, they must not count as left out: nothing would be compared.
BOOST_AUTO_TEST_CASE(what_is_to_be_compared_is_not_empty) {
    const auto token = token_of("acme");
    for (const std::string name : {"audience", "certificate_thumbprint"})
        for (const std::string& form : {'&' + name + '=', '&' + name})
            BOOST_TEST_CONTEXT(form) {
                const auto a = ask(introspect_path, "token=" + token + form, as_asker);
                BOOST_TEST(a.outcome() == "400 invalid_request");
            }
}

BOOST_AUTO_TEST_CASE(an_old_secret_ends_before_its_key) {
    const auto told = [&](const std::string& name) {
        return about("key-of-" + name).json().at("exp").as_int64();
    };
    const auto at = [](std::int64_t seconds) { return core::real_time(core::seconds(seconds)); };
    add_key("old", "acme").retires_at = at(4'000'000'000);
    BOOST_TEST(told("old") == 4'000'000'000);
    auto& both = add_key("both", "acme");
    both.expires_at = at(4'000'000'002);
    both.retires_at = at(4'000'000'001);
    BOOST_TEST(told("both") == 4'000'000'001);
    auto& sooner = add_key("sooner", "acme");
    sooner.expires_at = at(4'000'000'003);
    sooner.retires_at = at(4'000'000'004);
    BOOST_TEST(told("sooner") == 4'000'000'003);
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_revoked_already) {
    for (const std::string token :
         {"nobodys-key", "a", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "lk_live_misshapen"})
        BOOST_TEST_CONTEXT(token) {
            const auto a = ask(revoke_path, "token=" + token);
            BOOST_TEST(a.status == 200);
            BOOST_TEST(a.body == "{}");
            BOOST_TEST(a.has_line("Cache-Control: no-store"));
        }
    BOOST_TEST(ask(revoke_path, "").outcome() == "400 invalid_request");
    BOOST_TEST(ask(revoke_path, "token=nobodys-key", basic("door", "secret")).body == "{}");
    BOOST_TEST(ask(revoke_path, "token=key-of-acme", basic("door", "wrong-secret")).outcome() ==
               "401 invalid_client");
    // A token without an id cannot be ended, and nobody writes here.
    BOOST_TEST(ask(revoke_path, "token=" + foreign_token("")).outcome() ==
               "400 unsupported_token_type");
    BOOST_TEST(ask(revoke_path, "token=key-of-acme").outcome() == "503 temporarily_unavailable");
}

// They will be good, and must not be said to be ended unless that is written: nobody writes here.
BOOST_AUTO_TEST_CASE(what_is_not_good_yet_is_ended_too) {
    const auto ahead = std::to_string(
        std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) + 300);
    const auto later = foreign_token(R"(,"jti":"j","nbf":)" + ahead);
    BOOST_TEST(ask(revoke_path, "token=" + later).outcome() == "503 temporarily_unavailable");
    const auto token = token_of("acme");
    auth::revocation_change closed;
    closed.what.kind = auth::revocation_kind::disabled_organization;
    closed.what.value = "acme";
    closed.what.created_at = core::moment::now().real;
    state.revocations.apply(closed);
    BOOST_TEST(ask(revoke_path, "token=" + token).outcome() == "503 temporarily_unavailable");
    asked as_json(*this, "/api/v1/auth/revoke", R"({"token":")" + token + R"("})", {}, "POST",
                  "application/json");
    BOOST_TEST(as_json.go_on().status == 503);
}

// Whoever has no good secret keeps nobody from ending a credential.
BOOST_AUTO_TEST_CASE(unproven_clients_take_no_place) {
    std::list<asked> unproven;
    for (int i = 0; i < 20; ++i)
        unproven.emplace_back(*this, revoke_path, "token=nobodys-key",
                              basic("door", "a-wrong-secret"));
    BOOST_TEST(unproven.back().ex->status() == 0);
    BOOST_TEST(ask(revoke_path, "token=nobodys-key").body == "{}");
    std::list<asked> ending;
    for (int i = 0; i < 16; ++i)
        ending.emplace_back(*this, revoke_path, "token=key-of-acme", "");
    BOOST_TEST(ask(revoke_path, "token=nobodys-key").outcome() == "503 temporarily_unavailable");
    for (auto& one : unproven)
        BOOST_TEST(one.go_on().outcome() == "401 invalid_client");
    for (auto& one : ending)
        BOOST_TEST(one.go_on().status == 503);
    BOOST_TEST(ask(revoke_path, "token=nobodys-key").body == "{}");
}

BOOST_AUTO_TEST_SUITE_END()
