// The admin listener: API keys, nodes, revocations and signing keys.
#include "support_admin.hpp"

#include <latchkey/http/metrics.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using http::method;

BOOST_AUTO_TEST_SUITE(admin)

BOOST_AUTO_TEST_CASE(revokes_a_key) {
    fake_admin_store store;
    const auto told =
        ask(store, revoke("/admin/v1/api-keys/key_1/revoke", R"({"reason":"leaked"})"));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(told.body == R"({"key_id":"key_1","organization_id":"o\"1",)"
                            R"("revoked_at":"2027-01-15T08:00:00.250000Z","reason":"leaked"})");
    BOOST_REQUIRE(store.revocations.size() == 1u);
    BOOST_TEST(store.revocations[0].key_id == "key_1");
    BOOST_TEST(store.revocations[0].reason.value() == "leaked");
}

BOOST_AUTO_TEST_CASE(a_reason_is_not_needed) {
    struct {
        const char* body;
        const char* type;
    } const cases[] = {{"", ""}, {"", "text/plain"}, {"{}", "application/json"}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.body << ' ' << c.type) {
            fake_admin_store store;
            const auto told = ask(store, revoke("/admin/v1/api-keys/k/revoke", c.body, c.type));
            BOOST_TEST(told.status == 200);
            BOOST_TEST(told.body.ends_with(R"("reason":null})"));
            BOOST_TEST(!store.revocations.at(0).reason.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(says_why_it_does_not_revoke) {
    const auto longer = R"({"reason":")" + std::string(201, 'a') + "\"}";
    struct {
        const char* path;
        std::string body;
        const char* type;
        int status;
        const char* says;
    } const cases[] = {
        {"/admin/v1/api-keys/none/revoke", "", "", 404, "no key"},
        {"/admin/v1/api-keys/away/revoke", "", "", 503, "Retry-After: 1\r\n"},
        {"/admin/v1/api-keys/k/revoke", longer, "application/json", 422, "reason"},
        {"/admin/v1/api-keys/k/revoke", R"({"reason":"a\nb"})", "application/json", 422, "reason"},
        {"/admin/v1/api-keys/k/revoke", R"({"reason":"removed from organizations.api_keys"})",
         "application/json", 422, "put it back"},
        {"/admin/v1/api-keys/k/revoke", R"({"reasn":"x"})", "application/json", 400, "reason"},
        {"/admin/v1/api-keys/k/revoke", R"({"reason":1})", "application/json", 400, "reason"},
        {"/admin/v1/api-keys/k/revoke", "reason=x", "application/x-www-form-urlencoded", 415,
         "application/json"},
        {"/admin/v1/api-keys/k%31/revoke", "", "", 400, "percent-encoding"},
        {"/admin/v1/api-keys//revoke", "", "", 404, ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.path << ' ' << c.body) {
            fake_admin_store store;
            const auto told = ask(store, revoke(c.path, c.body, c.type));
            BOOST_TEST(told.status == c.status);
            BOOST_TEST(told.bytes.find(c.says) != std::string::npos);
            BOOST_TEST((store.revocations.size() == 1) ==
                       (c.says == std::string("no key") || c.status == 503));
        }
    }
    fake_admin_store store;
    const auto told = ask(store, get("/admin/v1/api-keys/k/revoke"));
    BOOST_TEST(told.status == 405);
    BOOST_TEST(told.bytes.find("Allow: POST, OPTIONS\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lists_nodes) {
    fake_admin_store store;
    BOOST_TEST(ask(store, get("/admin/v1/nodes")).body == R"({"nodes":[]})");

    store.nodes = {
        {"i-1", "a\"", "0.1.0", at, at + 1s, core::milliseconds(60'000), true,
         core::milliseconds(40)},
        {"i-2", "b", "0.1.0", at, at, core::milliseconds(1'500), false, {}},
    };
    const auto told = ask(store, get("/admin/v1/nodes"));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(told.bytes.find("Cache-Control: no-store\r\n") != std::string::npos);
    BOOST_TEST(told.body == R"({"nodes":[{"instance_id":"i-1","node":"a\"","version":"0.1.0",)"
                            R"("started_at":"2027-01-15T08:00:00.250000Z",)"
                            R"("heartbeat_at":"2027-01-15T08:00:01.250000Z",)"
                            R"("max_staleness":60,"live":true,"lag_seconds":0.04},)"
                            R"({"instance_id":"i-2","node":"b","version":"0.1.0",)"
                            R"("started_at":"2027-01-15T08:00:00.250000Z",)"
                            R"("heartbeat_at":"2027-01-15T08:00:00.250000Z",)"
                            R"("max_staleness":1.5,"live":false,"lag_seconds":null}]})");
}

BOOST_AUTO_TEST_CASE(seconds_are_plain_numbers) {
    struct {
        long long ms;
        const char* shown;
    } const cases[] = {{0, "0"},       {1, "0.001"},    {1000, "1"},      {1010, "1.01"},
                       {-500, "-0.5"}, {-1500, "-1.5"}, {100'000, "100"}, {999, "0.999"}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.ms) {
            fake_admin_store store;
            store.nodes = {{"", "", "", at, at, core::milliseconds(c.ms), true, {}}};
            const auto body = ask(store, get("/admin/v1/nodes")).body;
            BOOST_TEST(body.find("\"max_staleness\":" + std::string(c.shown) + ",") !=
                       std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_metrics_label_is_the_template) {
    const auto names = api::admin_api::endpoint_names();
    BOOST_TEST((std::ranges::find(names, "/admin/v1/api-keys/{id}/revoke") != names.end()));
}

// --- Revocations of tokens ---

constexpr auto revocations_path = "/admin/v1/revocations";

BOOST_AUTO_TEST_CASE(revokes_tokens) {
    struct {
        const char* body;
        const char* kind;
        const char* issuer;
        const char* value;
        bool dated;
    } const cases[] = {
        {R"({"token_id":"t"})", "token", "latchkey", "t", false},
        {R"({"token_id":"t","issuer":"i","expires_at":"2027-01-15T09:00:00+01:00"})", "token", "i",
         "t", false},
        {R"({"subject":"s","issuer":"i"})", "subject", "i", "s", true},
        {R"({"organization_id":"o","reason":"left"})", "organization", "", "o", true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.body) {
            fake_admin_store store;
            const auto told = ask(store, revoke(revocations_path, c.body));
            BOOST_TEST(told.status == 201);
            BOOST_REQUIRE(store.stored.size() == 1u);
            const auto& what = store.stored[0].what;
            BOOST_TEST(name_of(what.kind) == c.kind);
            BOOST_TEST(what.issuer == c.issuer);
            BOOST_TEST(what.value == c.value);
            BOOST_TEST(what.issued_before.has_value() == c.dated);
        }
    fake_admin_store store;
    const auto told = ask(
        store, revoke(revocations_path,
                      R"({"subject":"s","issued_before":"2026-01-01T00:00:00Z","reason":"r"})"));
    BOOST_TEST(told.body == R"({"revocation_id":"1","kind":"subject","issuer":"latchkey",)"
                            R"("value":"s","credential_kind":null,)"
                            R"("issued_before":"2026-01-01T00:00:00Z",)"
                            R"("expires_at":null,"reason":"r",)"
                            R"("created_at":"2027-01-15T08:00:00.250000Z"})");
}

BOOST_AUTO_TEST_CASE(what_a_revocation_must_say) {
    struct {
        const char* body;
        int status;
        const char* says;
    } const cases[] = {
        {"{}", 422, "exactly one of"},
        {R"({"token_id":"t","subject":"s"})", 422, "exactly one of"},
        {R"({"token_id":""})", 422, "1 to 2552 bytes beside that issuer"},
        {R"({"subject":""})", 422, "1 to 2552 bytes"},
        {R"({"organization_id":""})", 422, "1 to 2560 bytes"},
        {R"({"issuer":"","subject":"s"})", 422, "1 to 2560 bytes"},
        {R"({"token_id":"a\u0000b"})", 422, "no U+0000"},
        {R"({"subject":"a\u0000b"})", 422, "no U+0000"},
        {R"({"organization_id":"a\u0000b"})", 422, "no U+0000"},
        {R"({"organization_id":"o","issuer":"i"})", 422, "goes with"},
        {R"({"token_id":"t","issued_before":"2026-01-01T00:00:00Z"})", 422, "goes with"},
        {R"({"subject":"s","issued_before":"2200-01-01T00:00:00Z"})", 422, "in the future"},
        {R"({"subject":"t","expires_at":"2027-01-01T00:00:00Z"})", 422, "goes with"},
        {R"({"subject":"t","issued_before":"yesterday"})", 400, "must be a time such as"},
        {R"({"subject":7})", 400, "must be a string"},
        {R"({"subjects":"s"})", 400, "did you mean"},
        {R"({"subject":"s","force":"yes"})", 400, "true or false"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.body) {
            fake_admin_store store;
            const auto told = ask(store, revoke(revocations_path, c.body));
            BOOST_TEST(told.status == c.status);
            BOOST_TEST(told.body.find(c.says) != std::string::npos, told.body);
            BOOST_TEST(store.stored.empty());
        }
    fake_admin_store store;
    BOOST_TEST(ask(store, revoke(revocations_path, "{}", "text/plain")).status == 415);
}

// A revocation whose name is unknown revokes nothing and must not look as if it did.
BOOST_AUTO_TEST_CASE(a_revocation_of_nobody_is_refused_unless_it_is_forced) {
    struct {
        const char* body; ///< without its end
        const char* says;
        const char* suggests;
    } const cases[] = {
        {R"({"subject":"s","issuer":"urn:nobody")", "no issuer",
         R"(known are \"latchkey\", \"https://idp.example\" and \"https://api.example/\")"},
        {R"({"token_id":"t","issuer":"https://idp.exmaple")", "no issuer",
         R"(did you mean \"https://idp.example\")"},
        {R"({"token_id":"t","issuer":"https://api.example")", "no issuer",
         R"(did you mean \"https://api.example/\")"},
        {R"({"token_id":"t","issuer":"Latchkey")", "no issuer", R"(did you mean \"latchkey\"?)"},
        {R"({"token_id":"t","issuer":"https://deaf.example")", "revocable = false", ""},
        {R"({"organization_id":"acme")", "no organization", R"(did you mean \"o\" (Acme)?)"},
        {R"({"organization_id":"nobody")", "no organization", ""},
        {R"({"subject":"auth0|7")", "no key and no device", R"(needs its \"issuer\")"},
        {R"({"subject":"auth0|7","issuer":"latchkey")", "no key and no device", ""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.body) {
            fake_admin_store store;
            store.trusted = {store.issuer_named("https://idp.example"),
                             store.issuer_named("https://api.example/"),
                             store.issuer_named("https://deaf.example", false)};
            if (std::string_view(c.says) == "no issuer") store.trusted.pop_back();
            for (const auto* end : {"}", R"(,"force":false})"}) {
                const auto told = ask(store, revoke(revocations_path, c.body + std::string(end)));
                BOOST_TEST(told.status == 422);
                for (const auto* text : {c.says, c.suggests, "--force"})
                    BOOST_TEST(told.body.find(text) != std::string::npos, told.body);
            }
            BOOST_TEST(store.stored.empty());
            const auto forced =
                ask(store, revoke(revocations_path, c.body + std::string(R"(,"force":true})")));
            BOOST_TEST(forced.status == 201);
            BOOST_TEST(store.stored.size() == 1u);
        }
}

BOOST_AUTO_TEST_CASE(only_what_can_be_unknown_is_looked_up) {
    fake_admin_store store;
    const auto looked_up = [&](const char* body) {
        store.looked_up.clear();
        BOOST_TEST(ask(store, revoke(revocations_path, body)).status == 201);
        return store.looked_up.empty() ? "" : store.looked_up[0];
    };
    BOOST_TEST(looked_up(R"({"token_id":"t"})") == "");
    BOOST_TEST(looked_up(R"({"subject":"x","issuer":"i"})") == "");
    BOOST_TEST(looked_up(R"({"subject":"s"})") == "credential s");
    BOOST_TEST(looked_up(R"({"subject":"s","issuer":"latchkey"})") == "credential s");
    BOOST_TEST(looked_up(R"({"subject":"x","force":true})") == "");
    // As the database spells it, forced or not.
    for (const auto* body :
         {R"({"organization_id":"O"})", R"({"organization_id":"O","force":true})"}) {
        BOOST_TEST(looked_up(body) == "organization O");
        BOOST_TEST(store.stored.back().what.value == "o");
    }
    BOOST_TEST(
        ask(store, revoke(revocations_path, R"({"organization_id":"away","force":true})")).status ==
        503);
}

BOOST_AUTO_TEST_CASE(a_credentials_revocation_names_its_kind) {
    fake_admin_store store;
    for (const auto of :
         {std::optional(auth::credential_kind::device), std::optional<auth::credential_kind>()})
        store.stored.push_back(
            {"1", {auth::revocation_kind::credential, "", "k", {}, {}, at, of}, {}});
    const auto listed = ask(store, get(revocations_path)).body;
    BOOST_TEST(listed.find(R"("value":"k","credential_kind":"device")") != std::string::npos);
    BOOST_TEST(listed.find(R"("value":"k","credential_kind":null)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(revocations_come_in_pages) {
    fake_admin_store store;
    for (const auto* id : {"a", "b", "c"})
        ask(store, revoke(revocations_path, R"({"token_id":")" + std::string(id) + "\"}"));
    auto asked = get(revocations_path);
    asked.query = "limit=2&cursor=7";
    const auto told = ask(store, asked);
    BOOST_TEST(told.status == 200);
    BOOST_TEST(store.page->limit == 3u);
    BOOST_TEST(store.page->after.value() == "7");
    BOOST_TEST(told.body.find(R"("value":"b")") != std::string::npos);
    BOOST_TEST(told.body.find(R"("value":"c")") == std::string::npos);
    BOOST_TEST(told.body.ends_with(R"(],"next_cursor":"2"})"));
    BOOST_TEST(ask(store, get(revocations_path)).body.ends_with(R"(],"next_cursor":null})"));
    for (const auto* wrong :
         {"limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "cursor=", "page=1", "limit"}) {
        asked.query = wrong;
        BOOST_TEST(ask(store, asked).status == 400, wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_revocation_is_taken_back) {
    fake_admin_store store;
    ask(store, revoke(revocations_path, R"({"token_id":"t"})"));
    auto asked = get("/admin/v1/revocations/1");
    asked.method = method::delete_;
    BOOST_TEST(ask(store, asked).status == 200);
    asked.path = "/admin/v1/revocations/2";
    BOOST_TEST(ask(store, asked).status == 404);
}

// --- Signing keys ---

BOOST_AUTO_TEST_CASE(lists_signing_keys) {
    fake_admin_store store;
    store.keys.push_back(
        {{"k1", crypto::jws_algorithm::es256, auth::signing_key_state::current, at, {}, at, {}},
         "{}",
         "sealed",
         "kek"});
    const auto told = ask(store, get("/admin/v1/signing-keys"));
    BOOST_TEST(told.body ==
               R"({"signing_keys":[{"key_id":"k1","state":"current","algorithm":"ES256",)"
               R"("created_at":"2027-01-15T08:00:00.250000Z","activates_at":null,)"
               R"("activated_at":"2027-01-15T08:00:00.250000Z","retired_at":null,)"
               R"("kek_id":"kek"}]})");
}

BOOST_AUTO_TEST_CASE(without_a_key_encryption_key_nothing_is_rotated) {
    fake_admin_store store;
    for (const auto* body : {"", R"({"now":true})"}) {
        const auto told = ask(store, revoke("/admin/v1/signing-keys/rotate", body));
        BOOST_TEST(told.status == 503);
        BOOST_TEST(told.body.find("there is no key") != std::string::npos);
    }
    BOOST_TEST(ask(store, revoke("/admin/v1/signing-keys/rotate", R"({"now":1})"))
                   .body.find("field \\\"now\\\" must be true or false") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
