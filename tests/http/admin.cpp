// The admin listener's endpoints on a store that answers at once.
#include <latchkey/auth/beliefs.hpp>
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

struct no_log final : core::logger {
    void write(core::log_level, std::string_view,
               std::span<const core::log_field>) noexcept override {}
};

struct fake_store final : auth::lifecycle_store,
                          auth::revocation_store,
                          auth::signing_key_store,
                          auth::device_store {
    template <class T>
    using completion = auth::lifecycle_store::completion<T>;

    std::vector<auth::revocation_request> revocations;
    std::vector<auth::node_state> nodes;
    auth::token_configuration settings;
    std::vector<auth::stored_revocation> stored;
    std::optional<auth::revocation_page> page;
    std::vector<auth::signing_key> keys;

    void create_revocation(auth::revocation what, std::optional<std::string> reason,
                           completion<auth::stored_revocation> done) override {
        what.created_at = at;
        stored.push_back({std::to_string(stored.size() + 1), std::move(what), std::move(reason)});
        done(stored.back());
    }
    void list_revocations(auth::revocation_page asked,
                          completion<std::vector<auth::stored_revocation>> done) override {
        page = asked;
        auto found = stored;
        found.resize(std::min(found.size(), asked.limit));
        done(std::move(found));
    }
    void delete_revocation(std::string id, completion<auth::stored_revocation> done) override {
        for (const auto& one : stored)
            if (one.id == id) return done(one);
        done(core::failure{core::failure_kind::not_found, "there is no revocation " + id});
    }
    void list_signing_keys(completion<std::vector<auth::signing_key>> done) override { done(keys); }
    void add_first_signing_key(auth::new_signing_key, completion<bool>) override {}
    void add_next_signing_key(auth::new_signing_key, core::real_time, completion<bool>) override {}
    void promote_signing_key(std::string, core::seconds, completion<bool>) override {}
    void retire_signing_key(std::string, core::seconds, completion<bool>) override {}
    void rotate_signing_key(auth::new_signing_key, bool, core::seconds, completion<bool>) override {
    }

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

    // --- Devices ---
    std::vector<auth::new_device> registered;
    std::vector<auth::device> devices;
    std::optional<auth::device_page> devices_page;
    std::optional<auth::device_rotation> rotation;
    std::vector<auth::new_device> imported;
    std::vector<auth::skipped_device> skipped;
    std::vector<auth::legacy_device> bare;
    std::vector<auth::device_rehash> rehashed;

    core::result<auth::device> find(const std::string& id) {
        for (const auto& one : devices)
            if (one.device_id == id) return one;
        return core::failure{core::failure_kind::not_found, "there is no device \"" + id + '"'};
    }
    void register_device(auth::new_device one, completion<core::real_time> done) override {
        if (find(one.device_id))
            return done(core::failure{core::failure_kind::conflict, "the id is taken"});
        registered.push_back(std::move(one));
        done(at);
    }
    void list_devices(auth::device_page asked,
                      completion<std::vector<auth::device>> done) override {
        devices_page = asked;
        auto found = devices;
        found.resize(std::min(found.size(), asked.limit));
        done(std::move(found));
    }
    void show_device(std::string id, completion<auth::device> done) override { done(find(id)); }
    void rotate_device(auth::device_rotation asked, completion<auth::device> done) override {
        auto found = find(asked.device_id);
        if (found && asked.overlap > 0s) found->previous_until = at + asked.overlap;
        rotation = std::move(asked);
        done(std::move(found));
    }
    void revoke_device(std::string id, std::optional<std::string> reason,
                       completion<auth::device> done) override {
        auto found = find(id);
        if (found) {
            found->revoked_at = at;
            found->revoked_reason = std::move(reason);
        }
        done(std::move(found));
    }
    void import_devices(std::vector<auth::new_device> all,
                        completion<auth::imported_devices> done) override {
        imported = std::move(all);
        done(auth::imported_devices{imported.size() - skipped.size(), skipped});
    }
    void legacy_device_page(auth::device_page asked,
                            completion<std::vector<auth::legacy_device>> done) override {
        devices_page = asked;
        done(bare);
    }
    void rehash_device(auth::device_rehash one, completion<bool> done) override {
        const bool same = one.device_id != "changed";
        rehashed.push_back(std::move(one));
        done(same);
    }
};

// Obeys at once.
struct fake_sink final : auth::change_sink {
    std::vector<core::fingerprint> keys;
    std::vector<core::fingerprint> devices;
    std::vector<auth::revocation> revocations;
    void apply(const auth::change_set& change, std::function<void()> applied) override {
        keys.insert(keys.end(), change.api_keys.begin(), change.api_keys.end());
        devices.insert(devices.end(), change.devices.begin(), change.devices.end());
        for (const auto& one : change.revocations)
            revocations.push_back(one.what);
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

answered ask(fake_store& store, const http::request& request,
             auth::legacy_device_secret legacy = auth::legacy_device_secret::unset) {
    awake connection;
    std::string out;
    const no_status status;
    fake_sink sink;
    auth::beliefs beliefs({}, 1, 7);
    auth::issuer_directory issuers(beliefs.issuers);
    no_log log;
    auth::signing_key_keeper keeper(
        {store.settings, 60s, {nullptr, "there is no key"}, store, issuers, {}, log});
    const auto elsewhere = [](const auto& work, const auto& then) {
        work();
        then();
    };
    http::admin_api api(store, store, store, store, keeper, sink, elsewhere, legacy, status);
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
            fake_store store;
            const auto told = ask(store, revoke(revocations_path, c.body));
            BOOST_TEST(told.status == 201);
            BOOST_REQUIRE(store.stored.size() == 1u);
            const auto& what = store.stored[0].what;
            BOOST_TEST(name_of(what.kind) == c.kind);
            BOOST_TEST(what.issuer == c.issuer);
            BOOST_TEST(what.value == c.value);
            BOOST_TEST(what.issued_before.has_value() == c.dated);
        }
    fake_store store;
    const auto told = ask(
        store, revoke(revocations_path,
                      R"({"subject":"s","issued_before":"2026-01-01T00:00:00Z","reason":"r"})"));
    BOOST_TEST(told.body == R"({"revocation_id":"1","kind":"subject","issuer":"latchkey",)"
                            R"("value":"s","issued_before":"2026-01-01T00:00:00Z",)"
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
        {R"({"token_id":""})", 422, "1 to 1024 bytes"},
        {R"({"organization_id":"o","issuer":"i"})", 422, "goes with"},
        {R"({"token_id":"t","issued_before":"2026-01-01T00:00:00Z"})", 422, "goes with"},
        {R"({"subject":"s","issued_before":"2200-01-01T00:00:00Z"})", 422, "in the future"},
        {R"({"subject":"t","expires_at":"2027-01-01T00:00:00Z"})", 422, "goes with"},
        {R"({"subject":"t","issued_before":"yesterday"})", 400, "must be a time such as"},
        {R"({"subject":7})", 400, "must be a string"},
        {R"({"subjects":"s"})", 400, "did you mean"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.body) {
            fake_store store;
            const auto told = ask(store, revoke(revocations_path, c.body));
            BOOST_TEST(told.status == c.status);
            BOOST_TEST(told.body.find(c.says) != std::string::npos, told.body);
            BOOST_TEST(store.stored.empty());
        }
    fake_store store;
    BOOST_TEST(ask(store, revoke(revocations_path, "{}", "text/plain")).status == 415);
}

BOOST_AUTO_TEST_CASE(revocations_come_in_pages) {
    fake_store store;
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
    fake_store store;
    ask(store, revoke(revocations_path, R"({"token_id":"t"})"));
    auto asked = get("/admin/v1/revocations/1");
    asked.method = method::delete_;
    BOOST_TEST(ask(store, asked).status == 200);
    asked.path = "/admin/v1/revocations/2";
    BOOST_TEST(ask(store, asked).status == 404);
}

// --- Signing keys ---

BOOST_AUTO_TEST_CASE(lists_signing_keys) {
    fake_store store;
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
    fake_store store;
    for (const auto* body : {"", R"({"now":true})"}) {
        const auto told = ask(store, revoke("/admin/v1/signing-keys/rotate", body));
        BOOST_TEST(told.status == 503);
        BOOST_TEST(told.body.find("there is no key") != std::string::npos);
    }
    BOOST_TEST(ask(store, revoke("/admin/v1/signing-keys/rotate", R"({"now":1})"))
                   .body.find("field \\\"now\\\" must be true or false") != std::string::npos);
}

// --- Devices ---

namespace {

constexpr auto devices_path = "/admin/v1/devices";

auth::device door(std::string id) {
    auth::device one;
    one.device_id = std::move(id);
    one.organization_id = "o";
    one.name = "Door";
    one.scopes = {"open"};
    one.metadata = R"({"floor": 2})";
    one.status = "active";
    one.secret_form = auth::device_secret_form::sha256;
    return one;
}

std::string text_of(const crypto::secret& secret) {
    return std::string(secret.reveal());
}

boost::json::object parsed(const answered& told) {
    return boost::json::parse(told.body).as_object();
}

} // namespace

BOOST_AUTO_TEST_CASE(registers_a_device_and_shows_its_secret_once) {
    fake_store store;
    const auto told =
        ask(store, revoke(devices_path, R"({"organization_id":"o","name":"Door",)"
                                        R"("scopes":["open"],"metadata":{"floor":2}})"));
    BOOST_TEST(told.status == 201);
    BOOST_TEST(told.bytes.find("Cache-Control: no-store\r\n") != std::string::npos);
    BOOST_REQUIRE(store.registered.size() == 1u);
    const auto& row = store.registered[0];
    BOOST_TEST(row.device_id.starts_with("dev_"));
    BOOST_TEST(row.device_id.size() == 26u);
    BOOST_TEST(row.metadata == R"({"floor":2})");
    const auto body = parsed(told);
    const std::string secret(body.at("device_secret").as_string());
    BOOST_TEST(secret.starts_with("lkd_"));
    crypto::digest sha256;
    BOOST_TEST(text_of(row.stored_secret) == auth::sha256_form(secret, sha256));
    BOOST_TEST(body.at("device_id").as_string() == row.device_id);
    BOOST_TEST(body.at("created_at").as_string() == "2027-01-15T08:00:00.250000Z");
}

BOOST_AUTO_TEST_CASE(a_chosen_secret_is_stored_as_scrypt_and_not_repeated) {
    fake_store store;
    const auto told = ask(store, revoke(devices_path, R"({"organization_id":"o","name":"n",)"
                                                      R"("device_id":"d","device_secret":)"
                                                      R"("correct horse"})"));
    BOOST_TEST(told.status == 201);
    BOOST_TEST(told.body.find("correct horse") == std::string::npos);
    BOOST_TEST(parsed(told).at("device_secret").is_null());
    const auto stored = text_of(store.registered.at(0).stored_secret);
    BOOST_TEST(crypto::password_hash::parse(stored)->matches("correct horse"));
}

BOOST_AUTO_TEST_CASE(says_why_a_device_is_not_registered) {
    struct {
        std::string body;
        int status;
        const char* says;
    } const cases[] = {
        {R"({"name":"n"})", 400, "organization_id"},
        {R"({"organization_id":"o"})", 400, "name"},
        {R"({"organization_id":"o","name":""})", 422, "name"},
        {R"({"organization_id":"o","name":"n","device_id":"a b"})", 422, "device_id"},
        {R"({"organization_id":"o","name":"n","device_id":"taken"})", 409, "taken"},
        {R"({"organization_id":"o","name":"n","scopes":["a b"]})", 422, "scopes"},
        {R"({"organization_id":"o","name":"n","device_secret":"short"})", 422, "device_secret"},
        {R"({"organization_id":"o","name":"n","metadata":{"a":")" + std::string(17'000, 'x') +
             R"("}})",
         422, "metadata"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.body.substr(0, 100)) {
            fake_store store;
            store.devices = {door("taken")};
            const auto told = ask(store, revoke(devices_path, c.body));
            BOOST_TEST(told.status == c.status);
            BOOST_TEST(told.body.find(c.says) != std::string::npos);
            BOOST_TEST(store.registered.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(lists_and_shows_devices) {
    fake_store store;
    store.devices = {door("a/b"), door("c")};
    const std::string shown =
        R"("organization_id":"o","name":"Door","scopes":["open"],"metadata":{"floor":2},)"
        R"("status":"active","secret_form":"sha256","previous_until":null,"revoked_at":null,)"
        R"("reason":null})";
    auto request = get(devices_path);
    request.query = "limit=1";
    const auto first = ask(store, request);
    BOOST_TEST(first.body ==
               R"({"devices":[{"device_id":"a/b",)" + shown + R"(],"next_cursor":"YS9i"})");
    BOOST_TEST(store.devices_page->limit == 2u);
    request.query = "limit=1&cursor=YS9i";
    ask(store, request);
    BOOST_TEST(store.devices_page->after.value() == "a/b");
    request.query = "cursor=a/b";
    BOOST_TEST(ask(store, request).status == 400);
    BOOST_TEST(ask(store, get("/admin/v1/devices/c")).body == R"({"device_id":"c",)" + shown);
    BOOST_TEST(ask(store, get("/admin/v1/devices/d")).status == 404);
}

BOOST_AUTO_TEST_CASE(rotates_and_revokes_devices) {
    fake_store store;
    store.devices = {door("d")};
    const auto at_once = ask(store, revoke("/admin/v1/devices/d/rotate", "", ""));
    BOOST_TEST(at_once.status == 200);
    BOOST_TEST(parsed(at_once).at("previous_until").is_null());
    BOOST_TEST((store.rotation->overlap == 0s));
    const auto later = ask(store, revoke("/admin/v1/devices/d/rotate", R"({"overlap":3600})"));
    BOOST_TEST(parsed(later).at("previous_until").as_string() == "2027-01-15T09:00:00.250000Z");
    crypto::digest sha256;
    const std::string secret(parsed(later).at("device_secret").as_string());
    BOOST_TEST(text_of(store.rotation->stored_secret) == auth::sha256_form(secret, sha256));
    for (const char* overlap : {"-1", "7776001"})
        BOOST_TEST(ask(store, revoke("/admin/v1/devices/d/rotate",
                                     R"({"overlap":)" + std::string(overlap) + "}"))
                       .status == 422);
    BOOST_TEST(ask(store, revoke("/admin/v1/devices/none/rotate", "")).status == 404);

    const auto revoked = ask(store, revoke("/admin/v1/devices/d/revoke", R"({"reason":"lost"})"));
    BOOST_TEST(revoked.status == 200);
    BOOST_TEST(parsed(revoked).at("reason").as_string() == "lost");
    BOOST_TEST(parsed(revoked).at("revoked_at").as_string() == "2027-01-15T08:00:00.250000Z");
    BOOST_TEST(ask(store, revoke("/admin/v1/devices/none/revoke", "")).status == 404);
}

// One bad device spoils only itself, and is named by its place.
BOOST_AUTO_TEST_CASE(imports_what_is_in_order) {
    const std::string hash = "sha256:" + std::string(64, 'A');
    const auto item = [](std::string_view id, std::string_view secret) {
        return R"({"device_id":")" + std::string(id) +
               R"(","organization_id":"o","metadata":{"a":[1,{"b":null}]},"device_secret":")" +
               std::string(secret) + R"("})";
    };
    fake_store store;
    store.skipped = {{"d", "the id is taken"}};
    const auto body = R"({"devices":[)" + item("a", hash) + "," + item("b", "bare") + "," +
                      item("d", hash) + "," + item("d", hash) + R"(,{"device_id":"e"},)" +
                      item("", hash) + "]}";
    const auto told = ask(store, revoke("/admin/v1/devices/import", body));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(store.imported.size() == 3u);
    BOOST_TEST(store.imported.at(0).metadata == R"({"a":[1,{"b":null}]})");
    const auto answer = parsed(told);
    BOOST_TEST(answer.at("imported").as_int64() == 2);
    std::vector<std::int64_t> refused;
    for (const auto& one : answer.at("refused").as_array())
        refused.push_back(one.at("index").as_int64());
    BOOST_TEST(refused == (std::vector<std::int64_t>{1, 3, 4, 5}),
               boost::test_tools::per_element());

    fake_store legacy;
    ask(legacy, revoke("/admin/v1/devices/import", R"({"devices":[)" + item("b", "bare") + "]}"),
        auth::legacy_device_secret::plaintext);
    BOOST_TEST(legacy.imported.size() == 1u);
    BOOST_TEST(ask(legacy, revoke("/admin/v1/devices/import", R"({"devices":["a"]})")).status ==
               400);
}

BOOST_AUTO_TEST_CASE(rehashes_bare_secrets) {
    const auto path = "/admin/v1/devices/rehash";
    fake_store store;
    const std::string hex(64, 'A');
    const auto fill = [&] {
        store.bare.clear();
        store.bare.push_back({"one", {crypto::secret(hex), crypto::secret("old")}});
        store.bare.push_back({"changed", {crypto::secret(hex)}});
        store.rehashed.clear();
    };
    BOOST_TEST(ask(store, revoke(path, "")).status == 422); // nobody has said what they are
    fill();
    const auto hexes =
        ask(store, revoke(path, R"({"cursor":"YS9i"})"), auth::legacy_device_secret::sha256_hex);
    BOOST_TEST(hexes.body ==
               R"({"rehashed":1,"unusable":1,"changed":1,"next_cursor":"Y2hhbmdlZA"})");
    BOOST_TEST(store.devices_page->after.value() == "a/b");
    BOOST_TEST(text_of(store.rehashed.at(1).expected) == hex);
    BOOST_TEST(text_of(store.rehashed.at(1).replacement) == "sha256:" + std::string(64, 'a'));

    fill();
    const auto random = ask(store, revoke(path, R"({"generated":true,"limit":500})"),
                            auth::legacy_device_secret::plaintext);
    BOOST_TEST(parsed(random).at("rehashed").as_int64() == 2);
    crypto::digest sha256;
    BOOST_TEST(text_of(store.rehashed.at(1).replacement) == auth::sha256_form("old", sha256));

    store.bare.assign(1, {"one", {crypto::secret("chosen")}});
    store.rehashed.clear();
    ask(store, revoke(path, "{}"), auth::legacy_device_secret::plaintext);
    const auto scrypt = text_of(store.rehashed.at(0).replacement);
    BOOST_TEST(crypto::password_hash::parse(scrypt)->matches("chosen"));

    store.bare.clear();
    BOOST_TEST(ask(store, revoke(path, "{}"), auth::legacy_device_secret::plaintext).body ==
               R"({"rehashed":0,"unusable":0,"changed":0,"next_cursor":null})");
    for (const char* limit : {"0", "51", "-1"})
        BOOST_TEST(ask(store, revoke(path, R"({"limit":)" + std::string(limit) + "}"),
                       auth::legacy_device_secret::plaintext)
                       .status == 422);
}

BOOST_AUTO_TEST_SUITE_END()
