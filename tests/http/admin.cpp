// The admin listener's endpoints on a store that answers at once.
#include <latchkey/http/admin_api.hpp>
#include <latchkey/http/metrics.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace latchkey;
using namespace std::chrono_literals;
using http::method;

namespace {

const core::real_time at = core::real_time(1'800'000'000s) + 250ms;

struct fake_store final : auth::lifecycle_store {
    std::vector<auth::revocation_request> revocations;
    std::vector<auth::node_state> nodes;

    void create_organization(auth::new_organization, completion<auth::organization>) override {}
    void create_api_key(auth::new_api_key, completion<core::real_time>) override {}
    void revoke_api_key(auth::revocation_request asked,
                        completion<auth::revoked_api_key> done) override {
        revocations.push_back(asked);
        if (asked.key_id == "none")
            return done(core::failure{core::failure_kind::not_found, "there is no key \"none\""});
        if (asked.key_id == "away")
            return done(core::failure{core::failure_kind::unavailable, "the database is away"});
        done(auth::revoked_api_key{{}, asked.key_id, "o\"1", at, asked.reason});
    }
    void list_nodes(completion<std::vector<auth::node_state>> done) override { done(nodes); }
};

// Obeys at once.
struct fake_sink final : auth::change_sink {
    std::vector<core::fingerprint> keys;
    void apply(const auth::change_set& change, std::function<void()> applied) override {
        keys.insert(keys.end(), change.api_keys.begin(), change.api_keys.end());
        applied();
    }
};

struct no_status final : http::status_source {
    http::process_status status() const override { return {}; }
    std::string_view version() const override { return "0"; }
    std::string metrics(bool) const override { return {}; }
    std::string details() const override { return {}; }
};

struct awake final : http::waker {
    void wake() override {}
};

struct answered {
    int status;
    std::string bytes;
    std::string body;
};

answered ask(fake_store& store, const http::request& request) {
    awake connection;
    std::string out;
    const no_status status;
    fake_sink sink;
    http::admin_api api(store, sink, status);
    const http::answer_terms terms;
    http::exchange ex(request, "r", out, terms, false, connection);
    api.handle(ex);
    while (auto* awaited = ex.take_pending())
        awaited->finish(ex);
    return {ex.status(), out, out.substr(out.find("\r\n\r\n") + 4)};
}

http::request revoke(std::string_view path, std::string_view body,
                     std::string_view type = "application/json") {
    http::request request;
    request.method = method::post;
    request.path = path;
    request.body = body;
    request.fields[static_cast<std::size_t>(http::field::content_type)] = type;
    return request;
}

http::request get(std::string_view path) {
    http::request request;
    request.method = method::get;
    request.path = path;
    return request;
}

} // namespace

BOOST_AUTO_TEST_SUITE(admin)

BOOST_AUTO_TEST_CASE(revokes_a_key) {
    fake_store store;
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
            fake_store store;
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
            fake_store store;
            const auto told = ask(store, revoke(c.path, c.body, c.type));
            BOOST_TEST(told.status == c.status);
            BOOST_TEST(told.bytes.find(c.says) != std::string::npos);
            BOOST_TEST((store.revocations.size() == 1) ==
                       (c.says == std::string("no key") || c.status == 503));
        }
    }
    fake_store store;
    const auto told = ask(store, get("/admin/v1/api-keys/k/revoke"));
    BOOST_TEST(told.status == 405);
    BOOST_TEST(told.bytes.find("Allow: POST\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lists_nodes) {
    fake_store store;
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
            fake_store store;
            store.nodes = {{"", "", "", at, at, core::milliseconds(c.ms), true, {}}};
            const auto body = ask(store, get("/admin/v1/nodes")).body;
            BOOST_TEST(body.find("\"max_staleness\":" + std::string(c.shown) + ",") !=
                       std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_metrics_label_is_the_template) {
    const auto names = http::admin_api::endpoint_names();
    BOOST_TEST((std::ranges::find(names, "/admin/v1/api-keys/{id}/revoke") != names.end()));
}

BOOST_AUTO_TEST_SUITE_END()
