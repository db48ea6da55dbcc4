// What a caller of one organization learns of others', and how much it may hold, on the admin
// listener.
#include "../support/quiet.hpp"
#include "api/admin/caller_check.hpp"
#include "api/admin/change_terms.hpp"
#include "support_admin.hpp"

#include <latchkey/auth/cache/node_state.hpp>

#include <boost/test/unit_test.hpp>

#include <list>
#include <string>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct fake_caller final : api::known_caller {
    void part() noexcept override {}
};

http::request revocation_of(const std::string& body) {
    return revoke("/admin/v1/revocations", body);
}
bool has(const answered& told, std::string_view text) {
    return told.bytes.find(text) != std::string::npos;
}

// The claim of a request with an Idempotency-Key.
auth::idempotency_claim claim(const std::string& body, std::optional<std::string_view> only = {},
                              const std::string& path = "/admin/v1/devices") {
    auto request = revoke(path, body);
    request.lines = "Idempotency-Key: k\r\n";
    awake connection;
    std::string out;
    const http::answer_terms terms;
    fake_caller caller;
    caller.only = only;
    http::exchange ex(request, "r", out, terms, false, connection);
    ex.accompany(caller);
    return api::claim_of(ex, R"({"kind":"api_key","key_id":"k"})").value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(bound_callers)

BOOST_AUTO_TEST_CASE(the_foreign_and_the_unknown_are_asked_for_alike) {
    fake_admin_store store;
    auth::stored_api_key key;
    key.key_id = "s";
    key.organization_id = "ours";
    store.api_keys.push_back(key);
    key.key_id = "theirs";
    key.organization_id = "other";
    store.api_keys.push_back(key);
    const std::string own = R"({"subject":"s"})";
    const std::string foreign = R"({"subject":"theirs"})";
    const std::string unknown = R"({"subject":"nobody"})";
    BOOST_TEST(ask_bound(store, revocation_of(own), "ours").status == 201);
    for (const auto& body : {foreign, unknown}) {
        store.looked_up.clear();
        BOOST_TEST(ask_bound(store, revocation_of(body), "ours").status == 404);
        BOOST_TEST(store.looked_up.size() == 2u);
    }
    // What cannot be read is not said to be absent.
    BOOST_TEST(ask_bound(store, revocation_of(R"({"subject":"away"})"), "ours").status == 503);
    store.devices_away = true;
    BOOST_TEST(ask_bound(store, revocation_of(unknown), "ours").status == 503);
    BOOST_TEST(ask_bound(store, revocation_of(own), "ours").status == 201);
}

BOOST_AUTO_TEST_CASE(it_lists_and_withdraws_the_revocations_of_its_own_organization) {
    fake_admin_store store;
    for (const char* id : {"o1", "other"})
        store.stored.push_back({std::to_string(store.stored.size() + 1),
                                {auth::revocation_kind::organization, {}, id, {}, {}, {}, {}, {}},
                                {}});
    auth::caller_scopes scopes;
    BOOST_REQUIRE(scopes.add("latchkey:admin:read"));
    BOOST_REQUIRE(scopes.add("latchkey:admin:write"));
    auto withdrawal = get("/admin/v1/revocations/1");
    withdrawal.method = http::method::delete_;
    const auto list = get("/admin/v1/revocations");

    const auto own = ask_as(scopes, store, list);
    BOOST_TEST(own.status == 200);
    BOOST_TEST(has(own, R"("value":"o1")"));
    BOOST_TEST(!has(own, R"("value":"other")"));
    BOOST_TEST(store.reach.value().organization_id == "o1");
    BOOST_TEST(ask_as(scopes, store, withdrawal).status == 200);
    for (const char* path : {"/admin/v1/revocations/2", "/admin/v1/revocations/9"}) {
        withdrawal.path = path;
        BOOST_TEST(ask_as(scopes, store, withdrawal).status == 404);
    }
    // The operator reaches all.
    BOOST_TEST(has(ask(store, list), R"("value":"other")"));
    withdrawal.path = "/admin/v1/revocations/2";
    BOOST_TEST(ask(store, withdrawal).status == 200);
    BOOST_TEST(!store.reach.has_value());

    // Where nothing was found, more is looked at, a bounded number of times.
    fake_admin_store others;
    others.own_next = "7";
    const auto none = ask_as(scopes, others, list);
    BOOST_TEST(has(none, R"({"revocations":[],"next_cursor":"7"})"));
    BOOST_TEST(others.page.value().after.value() == "7");
}

BOOST_AUTO_TEST_CASE(it_cannot_try_which_device_ids_exist) {
    fake_admin_store store;
    auth::device theirs;
    theirs.device_id = "taken";
    store.devices.push_back(theirs);
    const auto named = [](const std::string& id) {
        return R"({"organization_id":"ours","name":"n","device_id":")" + id + "\"}";
    };
    const std::string path = "/admin/v1/devices";
    const auto taken = named("taken");
    const auto free_one = named("free");
    for (const auto& body : {taken, free_one}) {
        const auto told = ask_bound(store, revoke(path, body), "ours");
        BOOST_TEST(told.status == 422);
        BOOST_TEST(has(told, "device_id"));
    }
    BOOST_TEST(store.registered.empty());
    const auto unnamed = revoke("/admin/v1/devices", R"({"organization_id":"ours","name":"n"})");
    BOOST_TEST(ask_bound(store, unnamed, "ours").status == 201);
    BOOST_TEST(ask(store, revoke(path, taken)).status == 409);
    BOOST_TEST(ask(store, revoke(path, free_one)).status == 201);
}

BOOST_AUTO_TEST_CASE(a_claim_keeps_nothing_of_a_secret) {
    const auto with = [](const std::string& secret, const std::string& name = "n") {
        return claim(R"({"name":")" + name + R"(", "device_secret" : ")" + secret + "\"}").request;
    };
    BOOST_TEST(with("first-secret") == with(R"(other \" secret)"));
    BOOST_TEST(with("secret") != with("secret", "m"));
    BOOST_TEST(claim(R"({"device\u005fsecret":"a"})").request ==
               claim(R"({"device\u005fsecret":"b"})").request);
    BOOST_TEST(claim(R"({"devices":[{"device_secret":"a"}]})").request ==
               claim(R"({"devices":[{"device_secret":"b"}]})").request);
    BOOST_TEST(claim(R"({"devices":[{"previous_secret":"a"}]})").request ==
               claim(R"({"devices":[{"previous_secret":"b"}]})").request);
    // A value that looks like the name is none.
    BOOST_TEST(claim(R"({"name":"device_secret","scopes":["a"]})").request !=
               claim(R"({"name":"device_secret","scopes":["b"]})").request);
    BOOST_TEST(claim(R"({"name":"a)").request != claim(R"({"name":"b)").request);
}

BOOST_AUTO_TEST_CASE(a_claim_is_of_what_its_asker_reaches) {
    BOOST_TEST(claim("{}").id == claim("{}").id);
    BOOST_TEST(claim("{}").id != claim("{}", "ours").id);
    BOOST_TEST(claim("{}", "theirs").id != claim("{}", "ours").id);
}

BOOST_AUTO_TEST_CASE(one_organization_has_half_of_the_places) {
    auth::node_state state({}, 1, 7);
    core::mailbox box([] {});
    api::admin_callers callers(state, box, {}, {});
    api::admin_bounds bounds;
    bounds.requests_max = 4;
    callers.configure({}, {}, bounds);
    struct request_of {
        request_of(api::admin_callers& of, const std::string& organization,
                   const std::string& name = {}) {
            auto& check = of.checks.take();
            ex.accompany(check);
            api::principal who;
            who.name = name;
            who.organization_id = organization;
            is_admitted = check.know(ex, who);
        }
        http::request request;
        awake connection;
        std::string out;
        const http::answer_terms terms;
        http::exchange ex{request, "r", out, terms, false, connection};
        bool is_admitted = false;
    };
    std::list<request_of> ours;
    ours.emplace_back(callers, "ours");
    ours.emplace_back(callers, "ours");
    BOOST_TEST(ours.back().is_admitted);
    {
        request_of more(callers, "ours");
        BOOST_TEST(!more.is_admitted);
        BOOST_TEST(more.ex.status() == 503);
    }
    BOOST_TEST(request_of(callers, "theirs").is_admitted);
    BOOST_TEST(request_of(callers, "", "ours").is_admitted);
    ours.pop_front();
    BOOST_TEST(request_of(callers, "ours").is_admitted);
    ours.clear();
    BOOST_TEST(callers.checks.lent() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
