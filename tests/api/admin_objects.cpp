// What the endpoints of organizations, API keys and devices read of lists' queries and of changes.
#include "support_admin.hpp"

#include <latchkey/crypto/base64url.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr auto keys_path = "/admin/v1/api-keys";
constexpr auto key_path = "/admin/v1/api-keys/k1";
constexpr auto organization_path = "/admin/v1/organizations/o1";

auth::stored_api_key key_named(std::string id) {
    auth::stored_api_key key;
    key.key_hash.fill(7);
    key.key_id = std::move(id);
    key.hint = "lk_live_Ab3d";
    key.organization_id = "o1";
    key.name = "ci";
    key.scopes = {"read"};
    key.metadata = R"({"team": 1})";
    key.enabled = true;
    key.state = "active";
    key.origin = "latchkey";
    key.created_at = at;
    return key;
}

fake_admin_store with_keys(std::vector<std::string> ids = {"k1"}) {
    fake_admin_store store;
    for (auto& id : ids)
        store.api_keys.push_back(key_named(std::move(id)));
    store.organizations = {{"o1", "Acme", "active", at}};
    return store;
}

answered list(fake_admin_store& store, std::string_view path, std::string_view query) {
    auto request = get(path);
    request.query = query;
    return ask(store, request);
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(admin_objects)

BOOST_AUTO_TEST_CASE(a_key_is_shown_with_all_that_is_known_of_it) {
    auto store = with_keys();
    auto& key = store.api_keys[0];
    BOOST_TEST(
        ask(store, get(key_path)).body ==
        R"({"key_id":"k1","hint":"lk_live_Ab3d","organization_id":"o1","name":"ci",)"
        R"("external_id":null,"scopes":["read"],"roles":[],"metadata":{"team":1},"allowed_ips":[],)"
        R"("enabled":true,"state":"active","expires_at":null,"revoked_at":null,)"
        R"("reason":null,"rate_limit":null,"credits":null,"generation":0,"previous":null,)"
        R"("origin":"latchkey","created_at":"2027-01-15T08:00:00.250000Z",)"
        R"("last_used_at":null,"uses":0})");
    key.rate_limit = core::rate_rule::make(5, 60s, 7);
    key.previous = {at, std::nullopt};
    key.generation = 2;
    key.uses = 12;
    const auto told = ask(store, get(key_path)).body;
    BOOST_TEST(contains(told, R"("rate_limit":{"quantity":5,"window":60,"burst":7})"));
    BOOST_TEST(contains(told, R"("generation":2,"previous":{"until":)"
                              R"("2027-01-15T08:00:00.250000Z","last_used_at":null})"));
    BOOST_TEST(contains(told, R"("uses":12)"));
    BOOST_TEST(ask(store, get("/admin/v1/api-keys/k2")).status == 404);
}

BOOST_AUTO_TEST_CASE(every_filter_reaches_the_store) {
    auto store = with_keys();
    const std::string hash(64, 'A');
    const auto told = list(store, keys_path,
                           "organization_id=o1&name=a%20%C3%BC+b&external_id=u%2B1&state=expired"
                           "&unused_for=7776000&expiring_within=60&key_hash=" +
                               hash + "&limit=7&cursor=" + crypto::encode_base64url("k 0"));
    BOOST_TEST(told.status == 200, told.body);
    BOOST_REQUIRE(store.key_pages.size() == 1u);
    const auto& page = store.key_pages[0];
    BOOST_TEST(page.organization_id.value() == "o1");
    BOOST_TEST(page.name.value() == "a \xc3\xbc b");
    BOOST_TEST(page.external_id.value() == "u+1");
    BOOST_TEST(page.state.value() == "expired");
    BOOST_TEST((page.unused_for == core::seconds(7'776'000)));
    BOOST_TEST((page.expiring_within == 60s));
    BOOST_TEST(page.key_hash.value() == std::string(32, '\xaa'));
    BOOST_TEST(page.limit == 7u);
    BOOST_TEST(page.after.value() == "k 0");

    list(store, keys_path, "");
    const auto& plain = store.key_pages[1];
    BOOST_TEST(plain.limit == 100u);
    BOOST_TEST((!plain.after && !plain.name && !plain.state && !plain.unused_for &&
                !plain.organization_id && !plain.key_hash));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_and_never_passed_over) {
    struct {
        std::string_view path, query, says;
    } const cases[] = {
        {keys_path, "nme=x", "did you mean \\\"name\\\"?"},
        {keys_path, "page=2", "the query takes organization_id, name"},
        {keys_path, "name=a&name=b", "\\\"name\\\" is in the query twice"},
        {keys_path, "name=", "\\\"name\\\" must have a value"},
        {keys_path, "name", "\\\"name\\\" must have a value"},
        {keys_path, "name=%2", "\\\"name\\\" must have a value"},
        {keys_path, "name=%zz", "\\\"name\\\" must have a value"},
        {keys_path, "name=%ff", "UTF-8"},
        {keys_path, "name=a%00b", "\\\"name\\\""},
        {keys_path, "state=activ", "did you mean \\\"active\\\"?"},
        {keys_path, "state=ACTIVE", "one of active, disabled, expired, revoked"},
        {keys_path, "unused_for=90d", "\\\"unused_for\\\" must be a number"},
        {keys_path, "unused_for=0", "\\\"unused_for\\\""},
        {keys_path, "unused_for=-1", "\\\"unused_for\\\""},
        {keys_path, "unused_for=99999999999999999999", "\\\"unused_for\\\""},
        {keys_path, "expiring_within=1.5", "\\\"expiring_within\\\""},
        {keys_path, "key_hash=abc", "64 hexadecimal digits"},
        {keys_path, "key_hash=zz34567890123456789012345678901234567890123456789012345678901234",
         "64 hexadecimal digits"},
        {keys_path, "limit=0", "from 1 to 1000"},
        {keys_path, "limit=1001", "from 1 to 1000"},
        {keys_path, "cursor=!", "\\\"cursor\\\""},
        {keys_path, "cursor=AA", "\\\"cursor\\\""},   // NUL
        {keys_path, "cursor=_w", "\\\"cursor\\\""},   // not UTF-8
        {keys_path, "cursor=YS9j", "\\\"cursor\\\""}, // unused bits: none that was told
        {"/admin/v1/organizations", "organization_id=o1", "name, state, limit, cursor"},
        {"/admin/v1/organizations", "state=expired", "one of active, disabled"},
        {"/admin/v1/devices", "external_id=x", "organization_id, name, state"},
        {"/admin/v1/devices", "state=expired", "active, disabled, revoked"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.path << "?" << c.query) {
            auto store = with_keys();
            const auto told = list(store, c.path, c.query);
            if (c.query == "cursor=YS9j") { // "a/c"
                BOOST_TEST(told.status == 200);
                continue;
            }
            BOOST_TEST(told.status == 400);
            BOOST_TEST_INFO(told.body);
            BOOST_TEST(contains(told.body, c.says));
            BOOST_TEST(store.key_pages.empty());
            BOOST_TEST(store.organization_pages.empty());
            BOOST_TEST(!store.device_list.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_page_names_the_next_one) {
    auto store = with_keys({"k1", "k2"});
    const auto told = list(store, keys_path, "limit=1").body;
    BOOST_TEST(told.ends_with(R"(],"next_cursor":")" + crypto::encode_base64url("k1") + "\"}"));
    BOOST_TEST(contains(told, R"("key_id":"k1")"));
    BOOST_TEST(!contains(told, R"("key_id":"k2")"));
    BOOST_TEST(list(store, keys_path, "limit=2").body.ends_with(R"(],"next_cursor":null})"));
}

BOOST_AUTO_TEST_CASE(a_cursor_that_the_database_does_not_take_is_a_bad_request) {
    auto store = with_keys();
    const auto told = list(store, keys_path, "cursor=" + crypto::encode_base64url("no id"));
    BOOST_TEST(told.status == 400);
    BOOST_TEST(contains(told.body, "does not take it"));
}

// A filter may leave out all that one question to the store looks at.
BOOST_AUTO_TEST_CASE(a_request_goes_on_until_something_is_found_or_it_has_asked_enough) {
    auto store = with_keys();
    store.empty_pages = 3;
    const auto told = list(store, keys_path, "name=ci");
    BOOST_TEST(store.key_pages.size() == 4u);
    BOOST_TEST(store.key_pages[3].after.value() == "after page 3");
    BOOST_TEST(store.key_pages[3].name.value() == "ci");
    BOOST_TEST(contains(told.body, R"("key_id":"k1")"));

    auto rare = with_keys();
    rare.empty_pages = 1000;
    BOOST_TEST(list(rare, keys_path, "name=ci").body ==
               R"({"api_keys":[],"next_cursor":")" + crypto::encode_base64url("after page 25") +
                   "\"}");
}

BOOST_AUTO_TEST_CASE(a_change_names_what_changes_and_nothing_else) {
    auto store = with_keys();
    const auto told = ask(store, patch(key_path, R"({"name":"new"})"));
    BOOST_TEST(told.status == 200);
    const auto& only_name = store.key_change.value();
    BOOST_TEST(only_name.name.value() == "new");
    BOOST_TEST((!only_name.external_id && !only_name.scopes && !only_name.caller_scopes &&
                !only_name.metadata && !only_name.allowed_networks && !only_name.enabled &&
                !only_name.expires_at && !only_name.rate_limit));
    // This process has applied it.
    BOOST_TEST(told.applied.keys.size() == 1u);
    BOOST_TEST((told.applied.keys.at(0) == store.api_keys[0].key_hash));
    BOOST_TEST(told.applied.revocations.empty());

    ask(store, patch(key_path, R"({"external_id":null,"metadata":null,"allowed_ips":null,)"
                               R"("expires_at":null,"rate_limit":null})"));
    const auto& cleared = store.key_change.value();
    BOOST_TEST((cleared.external_id && !*cleared.external_id));
    BOOST_TEST(cleared.metadata.value() == "{}");
    BOOST_TEST(cleared.allowed_networks.value().empty());
    BOOST_TEST((cleared.expires_at && !*cleared.expires_at));
    BOOST_TEST((cleared.rate_limit && !*cleared.rate_limit));
    BOOST_TEST(!cleared.name.has_value());

    ask(store, patch(key_path, R"({"scopes":["a","latchkey:verify"],"rate_limit":)"
                               R"({"quantity":5,"window":60},"expires_at":"2100-01-01T00:00:00Z",)"
                               R"("allowed_ips":["10.0.0.0/8"],"external_id":"u-1"})"));
    const auto& all = store.key_change.value();
    BOOST_TEST(all.scopes.value() == std::vector<std::string>{"a"},
               boost::test_tools::per_element());
    BOOST_TEST(all.caller_scopes.value().has("latchkey:verify"));
    BOOST_TEST(all.rate_limit.value().value().burst() == 5u);
    BOOST_TEST(all.external_id.value().value() == "u-1");
    BOOST_TEST(all.expires_at.value().has_value());
}

BOOST_AUTO_TEST_CASE(a_disabled_key_and_its_tokens_end_here_at_once) {
    auto store = with_keys();
    const auto told = ask(store, patch(key_path, R"({"enabled":false})"));
    BOOST_TEST(contains(told.body, R"("enabled":false)"));
    BOOST_REQUIRE(told.applied.revocations.size() == 1u);
    BOOST_TEST((told.applied.revocations[0].kind == auth::revocation_kind::credential));
    BOOST_TEST(told.applied.revocations[0].value == "k1");
    BOOST_TEST((told.applied.revocations[0].of == auth::credential_kind::api_key));
    BOOST_TEST(ask(store, patch(key_path, R"({"enabled":true})")).applied.revocations.empty());
}

BOOST_AUTO_TEST_CASE(bad_changes_of_a_key_are_refused) {
    struct {
        std::string body;
        int status;
        std::string_view says;
    } const cases[] = {
        {"{}", 422, "nothing would change: name one or more of name, external_id, scopes"},
        {R"({"nmae":"x"})", 400, "name"},
        {R"({"name":null})", 422, "cannot be cleared"},
        {R"({"scopes":null})", 422, "cannot be cleared"},
        {R"({"enabled":null})", 422, "cannot be cleared"},
        {R"({"expires_in":null})", 422, "cannot be cleared"},
        {R"({"enabled":"yes"})", 400, "enabled"},
        {R"({"name":""})", 422, "name"},
        {R"({"name":"a\u0000b"})", 422, "name"},
        {R"({"external_id":""})", 422, "external_id"},
        {R"({"scopes":["a b"]})", 422, "scopes"},
        {R"({"scopes":["latchkey:all"]})", 422, "latchkey:all"},
        {R"({"allowed_ips":["x"]})", 422, "allowed_ips"},
        {R"({"metadata":{"a":")" + std::string(17'000, 'x') + R"("}})", 422, "metadata"},
        {R"({"expires_at":"tomorrow"})", 400, "expires_at"},
        {R"({"expires_at":"2001-01-01T00:00:00Z"})", 422, "future"},
        {R"({"expires_in":0})", 422, "expires_in"},
        {R"({"expires_in":60,"expires_at":"2199-01-01T00:00:00Z"})", 422, "one of them"},
        {R"({"rate_limit":{"quantity":0,"window":1}})", 422, "rate_limit"},
        {R"({"rate_limit":{"quantity":1}})", 422, "rate_limit"},
        {R"({"rate_limit":{"quantity":5,"window":60,"scope":"all"}})", 422, "scope"},
        {R"({"rate_limit":{"quantity":5,"window":60,"burst":3,"scope":"fleet"}})", 422,
         "no other burst"},
        {R"({"key_id":"k2"})", 400, "not known"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.body.substr(0, 100)) {
            auto store = with_keys();
            const auto told = ask(store, patch(key_path, c.body));
            BOOST_TEST(told.status == c.status);
            BOOST_TEST_INFO(told.body);
            BOOST_TEST(contains(told.body, c.says));
            BOOST_TEST(!store.key_change.has_value());
            BOOST_TEST(told.applied.keys.empty());
        }
    }
    auto store = with_keys();
    BOOST_TEST(ask(store, patch("/admin/v1/api-keys/none", R"({"name":"n"})")).status == 404);
}

BOOST_AUTO_TEST_CASE(delete_revokes_a_key) {
    auto store = with_keys();
    auto request = get(key_path);
    request.method = http::method::delete_;
    const auto told = ask(store, request);
    BOOST_TEST(told.status == 200);
    BOOST_REQUIRE(store.revocations.size() == 1u);
    BOOST_TEST(store.revocations[0].key_id == "k1");
    BOOST_TEST(!store.revocations[0].reason.has_value());
    request.path = organization_path;
    BOOST_TEST(ask(store, request).status == 405);
}

BOOST_AUTO_TEST_CASE(an_organization_is_shown_renamed_and_disabled) {
    auto store = with_keys();
    const std::string shown = R"({"organization_id":"o1","name":"Acme","status":"active",)"
                              R"("enabled":true,"created_at":"2027-01-15T08:00:00.250000Z"})";
    BOOST_TEST(ask(store, get(organization_path)).body == shown);
    BOOST_TEST(list(store, "/admin/v1/organizations", "name=ac&state=active&limit=3").body ==
               R"({"organizations":[)" + shown + R"(],"next_cursor":null})");
    BOOST_TEST(store.organization_pages.at(0).name.value() == "ac");
    BOOST_TEST(store.organization_pages.at(0).state.value() == "active");
    BOOST_TEST(store.organization_pages.at(0).limit == 3u);

    const auto renamed = ask(store, patch(organization_path, R"({"name":"Acme 2"})"));
    BOOST_TEST(store.organization_change.value().name.value() == "Acme 2");
    BOOST_TEST(!store.organization_change.value().enabled.has_value());
    BOOST_TEST(renamed.applied.organizations == std::vector<std::string>{"o1"},
               boost::test_tools::per_element());
    BOOST_TEST(renamed.applied.revocations.empty());

    const auto disabled = ask(store, patch(organization_path, R"({"enabled":false})"));
    BOOST_TEST(contains(disabled.body, R"("enabled":false)"));
    BOOST_REQUIRE(disabled.applied.revocations.size() == 1u);
    BOOST_TEST(
        (disabled.applied.revocations[0].kind == auth::revocation_kind::disabled_organization));
    BOOST_TEST(disabled.applied.revocations[0].value == "o1");

    BOOST_TEST(ask(store, patch(organization_path, "{}")).status == 422);
    BOOST_TEST(ask(store, patch(organization_path, R"({"name":null})")).status == 422);
    BOOST_TEST(ask(store, patch(organization_path, R"({"name":"a\nb"})")).status == 422);
    BOOST_TEST(ask(store, patch(organization_path, R"({"status":"x"})")).status == 400);
    BOOST_TEST(ask(store, patch("/admin/v1/organizations/o2", R"({"name":"a"})")).status == 404);
}

BOOST_AUTO_TEST_CASE(a_device_is_changed_and_ended) {
    fake_admin_store store;
    auth::device door;
    door.device_id = "d1";
    door.enabled = true;
    store.devices = {door};
    constexpr auto path = "/admin/v1/devices/d1";
    const auto told = ask(store, patch(path, R"({"name":"Door","metadata":null})"));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(store.device_change.value().name.value() == "Door");
    BOOST_TEST(store.device_change.value().metadata.value() == "{}");
    BOOST_TEST(!store.device_change.value().scopes.has_value());
    BOOST_TEST(!store.device_change.value().enabled.has_value());
    BOOST_TEST(told.applied.devices.size() == 1u);
    BOOST_TEST(told.applied.revocations.empty());

    const auto disabled = ask(store, patch(path, R"({"enabled":false})"));
    BOOST_REQUIRE(disabled.applied.revocations.size() == 1u);
    BOOST_TEST((disabled.applied.revocations[0].of == auth::credential_kind::device));

    BOOST_TEST(ask(store, patch(path, "{}")).status == 422);
    BOOST_TEST(ask(store, patch(path, R"({"name":null})")).status == 422);
    BOOST_TEST(ask(store, patch(path, R"({"scopes":["a b"]})")).status == 422);
    BOOST_TEST(ask(store, patch(path, R"({"device_secret":"x"})")).status == 400);
    auto request = get(path);
    request.method = http::method::delete_;
    const auto ended = ask(store, request);
    BOOST_TEST(ended.status == 200);
    BOOST_TEST(contains(ended.body, R"("revoked_at":"2027-01-15T08:00:00.250000Z")"));
}

// Imports and the older service's arrays may give a key any id.
BOOST_AUTO_TEST_CASE(the_id_of_a_key_allows_nobody_to_revive_what_it_does_not_hold) {
    for (const std::string id : {"k1", "revoke", "disable"}) {
        BOOST_TEST_CONTEXT(id) {
            auto store = with_keys({id});
            BOOST_REQUIRE(store.held.add("latchkey:issue"));
            auth::caller_scopes weak;
            BOOST_REQUIRE(weak.add("latchkey:admin:write"));
            auto strong = weak;
            BOOST_REQUIRE(strong.add("latchkey:issue"));
            const auto path = std::string(keys_path) + '/' + id;
            const auto revive = patch(path, R"({"enabled":true})");
            BOOST_TEST(ask_as(weak, store, revive).status == 403);
            BOOST_TEST(!store.key_change);
            BOOST_TEST(ask_as(strong, store, revive).status == 200);
            // To end a key, its scopes need not be held.
            const auto revoke_path = path + "/revoke";
            BOOST_TEST(ask_as(weak, store, revoke(revoke_path, "{}")).status == 200);
            const auto rotate_path = path + "/rotate";
            BOOST_TEST(ask_as(weak, store, revoke(rotate_path, "{}")).status == 403);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
