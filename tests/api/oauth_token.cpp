// Tokens for clients of OAuth 2: who gets one, for what, and how everybody else is refused.
#include "support_oauth.hpp"

using namespace latchkey;
using namespace latchkey::test;

BOOST_FIXTURE_TEST_SUITE(oauth_token, oauth_worker)

BOOST_AUTO_TEST_CASE(a_client_gets_a_token_for_what_it_asks) {
    const struct {
        const char* what;
        std::string form;
        std::string lines;
        std::string subject, kind, scope, audience;
    } table[] = {
        {"a key by Basic", by_client, basic("id-of-acme", "key-of-acme"), "id-of-acme", "api_key",
         "devices:read devices:write", "latchkey"},
        {"a key in the body", by_client + "&client_id=id-of-acme&client_secret=key-of-acme", "",
         "id-of-acme", "api_key", "devices:read devices:write", "latchkey"},
        {"its id in both", by_client + "&client_id=id-of-acme", basic("id-of-acme", "key-of-acme"),
         "id-of-acme", "api_key", "devices:read devices:write", "latchkey"},
        {"form-encoded", by_client, basic("id%2Dof-acme", "key%2dof-acme"), "id-of-acme", "api_key",
         "devices:read devices:write", "latchkey"},
        {"a device", by_client, basic("door", "secret"), "door", "device", "devices:read",
         "latchkey"},
        {"a scope", by_client + "&scope=devices:read", basic("id-of-acme", "key-of-acme"),
         "id-of-acme", "api_key", "devices:read", "latchkey"},
        {"scopes", by_client + "&scope=devices:write+devices:read&x=y",
         basic("id-of-acme", "key-of-acme"), "id-of-acme", "api_key", "devices:read devices:write",
         "latchkey"},
        {"a resource", by_client + "&resource=https%3A%2F%2Fapi.example%2Fv1",
         basic("door", "secret"), "door", "device", "devices:read", "https://api.example/v1"},
        {"an audience", by_client + "&audience=billing&scope=", basic("door", "secret"), "door",
         "device", "devices:read", "billing"},
        {"both, and the same", by_client + "&audience=urn:a&resource=urn:a",
         basic("door", "secret"), "door", "device", "devices:read", "urn:a"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto a = ask(token_path, row.form, row.lines);
            BOOST_REQUIRE_MESSAGE(a.status == 200, a.head << a.body);
            BOOST_TEST(a.has_line("Content-Type: application/json"));
            BOOST_TEST(a.has_line("Cache-Control: no-store"));
            BOOST_TEST(a.has_line("Pragma: no-cache"));
            const auto told = a.json();
            BOOST_TEST(told.at("token_type") == "Bearer");
            BOOST_TEST(told.at("expires_in") == 900);
            BOOST_TEST(told.at("scope").as_string() == row.scope);
            BOOST_TEST(!told.contains("refresh_token"));
            BOOST_TEST(!told.contains("issued_token_type"));
            const auto claims = claims_of(a.text("access_token"));
            BOOST_TEST(claims.at("sub").as_string() == row.subject);
            BOOST_TEST(claims.at("client_id").as_string() == row.subject);
            BOOST_TEST(claims.at("credential_kind").as_string() == row.kind);
            BOOST_TEST(claims.at("scope").as_string() == row.scope);
            BOOST_TEST(claims.at("aud").as_string() == row.audience);
            BOOST_TEST(claims.at("organization_id") == "acme");
            BOOST_TEST(!claims.contains("cnf"));
        }
}

BOOST_AUTO_TEST_CASE(a_token_is_bound_to_the_certificate_that_was_shown) {
    certificate.thumbprint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
    const auto claims = claims_of(token_of("acme"));
    BOOST_TEST(claims.at("cnf").at("x5t#S256").as_string() == certificate.thumbprint);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_as_oauth_tells_it) {
    add_key("revoked", "acme").revoked = true;
    add_key("caller", "acme", {"latchkey:verify"}).scopes = {"latchkey:verify"};
    const auto by_key = basic("id-of-acme", "key-of-acme");
    const struct {
        const char* what;
        std::string form;
        std::string lines;
        std::string outcome;
    } table[] = {
        {"no form", "", by_key, "400 invalid_request"},
        {"no grant", "scope=a", by_key, "400 invalid_request"},
        {"another grant", "grant_type=password&username=a&password=b", by_key,
         "400 unsupported_grant_type"},
        {"twice", by_client + "&scope=a&scope=b", by_key, "400 invalid_request"},
        {"a scope too much", by_client + "&scope=devices:delete", by_key, "400 invalid_scope"},
        {"a scope of callers", by_client + "&scope=latchkey:verify", by_key, "400 invalid_scope"},
        {"a caller's own", by_client + "&scope=latchkey:verify",
         basic("id-of-caller", "key-of-caller"), "400 invalid_scope"},
        {"no scope", by_client + "&scope=devices:read++devices:write", by_key, "400 invalid_scope"},
        {"no scope either", by_client + "&scope=%22", by_key, "400 invalid_scope"},
        {"no URI", by_client + "&resource=api", by_key, "400 invalid_target"},
        {"a fragment", by_client + "&resource=https://a.example/%23x", by_key,
         "400 invalid_target"},
        {"two resources", by_client + "&resource=urn:a&resource=urn:b", by_key,
         "400 invalid_target"},
        {"a resource and an audience", by_client + "&resource=urn:a&audience=b", by_key,
         "400 invalid_target"},
        {"a long audience", by_client + "&audience=" + std::string(1025, 'a'), by_key,
         "400 invalid_target"},
        {"no client", by_client, "", "401 invalid_client"},
        {"an id alone", by_client + "&client_id=id-of-acme", "", "401 invalid_client"},
        {"a secret alone", by_client + "&client_secret=key-of-acme", "", "400 invalid_request"},
        {"two clients", by_client + "&client_id=id-of-acme&client_secret=key-of-acme", by_key,
         "400 invalid_request"},
        {"two ids", by_client + "&client_id=door", by_key, "400 invalid_request"},
        {"another scheme", by_client, "Authorization: Bearer key-of-acme\r\n",
         "401 invalid_client"},
        {"no base64", by_client, "Authorization: Basic a\r\n", "401 invalid_client"},
        {"no colon", by_client, "Authorization: Basic YWJj\r\n", "401 invalid_client"},
        {"no UTF-8", by_client, basic("id-of-acme", "%ff"), "401 invalid_client"},
        {"an id of nobody", by_client, basic("nobody", "key-of-nobody"), "401 invalid_client"},
        {"another's key", by_client, basic("id-of-acme", "key-of-other"), "401 invalid_client"},
        {"a wrong secret", by_client, basic("door", "wrong-secret"), "401 invalid_client"},
        {"another's id", by_client, basic("door", "key-of-acme"), "401 invalid_client"},
        {"a revoked key", by_client, basic("id-of-revoked", "key-of-revoked"),
         "401 invalid_client"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto a = ask(token_path, row.form, row.lines);
            BOOST_TEST(a.outcome() == row.outcome);
            BOOST_TEST(a.has_line("Content-Type: application/json"));
            BOOST_TEST(a.has_line("Cache-Control: no-store"));
            BOOST_TEST(a.has_line("WWW-Authenticate: Basic realm=\"latchkey\"") ==
                       (a.status == 401));
            for (const std::string secret : {"key-of-acme", "wrong-secret", "key-of-other"})
                BOOST_TEST(a.body.find(secret) == a.body.npos);
        }
}

BOOST_AUTO_TEST_CASE(nobody_learns_which_clients_exist) {
    const auto unknown = ask(token_path, by_client, basic("nobody", "a-wrong-secret"));
    const std::pair<std::string, std::string> wrong[] = {{"id-of-acme", "a-wrong-secret"},
                                                         {"id-of-acme", "key-of-other"},
                                                         {"id-of-acme", ""},
                                                         {"door", "a-wrong-secret"},
                                                         {"door", "key-of-acme"},
                                                         {"nobody", "key-of-acme"}};
    for (const auto& [id, secret] : wrong)
        for (int round = 0; round < 2; ++round) // looked up, and cached
            BOOST_TEST_CONTEXT(id << ' ' << secret) {
                const auto a = ask(token_path, by_client, basic(id, secret));
                BOOST_TEST(a.head == unknown.head);
                BOOST_TEST(a.body == unknown.body);
            }
    // The same look-ups, too.
    oauth_worker fresh;
    const auto look_ups = [&](const std::string& id) {
        const auto before = std::pair(fresh.store.key_look_ups, fresh.store.device_look_ups);
        fresh.ask(token_path, by_client, basic(id, "wrong-secret-of-" + id));
        return std::pair(fresh.store.key_look_ups - before.first,
                         fresh.store.device_look_ups - before.second);
    };
    BOOST_TEST((look_ups("nobody") == std::pair(std::size_t{1}, std::size_t{1})));
    BOOST_TEST((look_ups("door") == std::pair(std::size_t{1}, std::size_t{1})));
    BOOST_TEST((look_ups("id-of-acme") == std::pair(std::size_t{1}, std::size_t{1})));
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_from_a_query) {
    for (const auto& path : {token_path, introspect_path, revoke_path}) {
        const auto a =
            ask(path + "?client_id=id-of-acme&client_secret=key-of-acme", by_client + "&token=x");
        BOOST_TEST(a.outcome() == "400 invalid_request");
        BOOST_TEST(a.body.find("key-of-acme") == a.body.npos);
    }
}

BOOST_AUTO_TEST_CASE(every_refusal_is_oauths) {
    const auto no_form = ask(token_path, "{}", "");
    BOOST_TEST(no_form.outcome() == "400 invalid_request");
    const auto wrong_method = get(token_path);
    BOOST_TEST(wrong_method.outcome() == "405 invalid_request");
    const auto coded = ask(token_path, by_client, "Content-Encoding: gzip\r\n");
    BOOST_TEST(coded.outcome() == "415 invalid_request");
    const auto wrong_caller = ask(token_path, by_client, "X-Latchkey-Key: nobodys-key\r\n");
    BOOST_TEST(wrong_caller.outcome() == "401 invalid_client");
    for (const auto& a : {no_form, wrong_method, coded, wrong_caller})
        BOOST_TEST(a.has_line("Content-Type: application/json"));
    BOOST_TEST(get("/oauth2/other").has_line("Content-Type: application/problem+json"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decided_is_503) {
    store.away = true;
    for (const auto& client : {basic("id-of-acme", "key-of-acme"), basic("door", "secret")}) {
        const auto a = ask(token_path, by_client, client);
        BOOST_TEST(a.outcome() == "503 temporarily_unavailable");
        BOOST_TEST(a.has_line("Retry-After: 1"));
    }
    const std::string own_shape(auth::generate_api_key("live").value().reveal());
    // What cannot be decided is not told to be a key or a device, whatever is cached.
    store.away = false;
    ask(token_path, by_client, basic("door", "unseen-secret"));
    store.away = true;
    const auto unseen = ask(token_path, by_client, basic("nobody", "unseen-secret-2"));
    for (const auto& client : {basic("door", "unseen-secret-2"), basic("id-of-acme", own_shape)})
        BOOST_TEST(ask(token_path, by_client, client).body == unseen.body);
    // A key that is cached needs no look-up: it is no device.
    store.away = false;
    BOOST_TEST(get("/forward-auth", "X-API-Key: key-of-other\r\n").status == 200);
    store.away = true;
    BOOST_TEST(ask(token_path, by_client, basic("id-of-other", "key-of-other")).status == 200);
    BOOST_TEST(ask(token_path, by_client, basic("door-2", "key-of-other")).status == 503);
    store.away = false;
    auth::issuer_directory(state.issuers).set_own(nullptr);
    const auto a = ask(token_path, by_client, basic("door", "secret"));
    BOOST_TEST(a.outcome() == "503 temporarily_unavailable");
}

BOOST_AUTO_TEST_SUITE_END()
