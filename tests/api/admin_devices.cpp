// The admin listener: devices.
#include "support_admin.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

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
    one.enabled = true;
    one.state = "active";
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

BOOST_AUTO_TEST_SUITE(admin_devices)

BOOST_AUTO_TEST_CASE(registers_a_device_and_shows_its_secret_once) {
    fake_admin_store store;
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
    BOOST_TEST(text_of(row.stored_secret) == auth::sha256_form(secret));
    BOOST_TEST(body.at("device_id").as_string() == row.device_id);
    BOOST_TEST(body.at("created_at").as_string() == "2027-01-15T08:00:00.250000Z");
}

BOOST_AUTO_TEST_CASE(a_chosen_secret_is_stored_as_scrypt_and_not_repeated) {
    fake_admin_store store;
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
            fake_admin_store store;
            store.devices = {door("taken")};
            const auto told = ask(store, revoke(devices_path, c.body));
            BOOST_TEST(told.status == c.status);
            BOOST_TEST(told.body.find(c.says) != std::string::npos);
            BOOST_TEST(store.registered.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(lists_and_shows_devices) {
    fake_admin_store store;
    store.devices = {door("a/b"), door("c")};
    const std::string shown =
        R"("organization_id":"o","name":"Door","scopes":["open"],"roles":[],"metadata":{"floor":2},)"
        R"("enabled":true,"state":"active","status":"active","secret_form":"sha256",)"
        R"("generation":0,"previous":null,"previous_until":null,"revoked_at":null,"reason":null,)"
        R"("created_at":null,"last_used_at":null,"uses":0})";
    auto request = get(devices_path);
    request.query = "limit=1";
    const auto first = ask(store, request);
    BOOST_TEST(first.body ==
               R"({"devices":[{"device_id":"a/b",)" + shown + R"(],"next_cursor":"YS9i"})");
    BOOST_TEST(store.device_list->limit == 1u);
    request.query = "limit=1&cursor=YS9i";
    ask(store, request);
    BOOST_TEST(store.device_list->after.value() == "a/b");
    request.query = "cursor=a/b";
    BOOST_TEST(ask(store, request).status == 400);
    BOOST_TEST(ask(store, get("/admin/v1/devices/c")).body == R"({"device_id":"c",)" + shown);
    BOOST_TEST(ask(store, get("/admin/v1/devices/d")).status == 404);
}

BOOST_AUTO_TEST_CASE(rotates_and_revokes_devices) {
    fake_admin_store store;
    store.devices = {door("d")};
    BOOST_TEST(ask(store, revoke("/admin/v1/devices/d/rotate", "", "")).status == 200);
    BOOST_TEST((store.rotation->overlap == 24h)); // an operator who says nothing breaks nothing
    const auto at_once = ask(store, revoke("/admin/v1/devices/d/rotate", R"({"overlap":0})"));
    BOOST_TEST(at_once.status == 200);
    BOOST_TEST(parsed(at_once).at("previous_until").is_null());
    BOOST_TEST((store.rotation->overlap == 0s));
    const auto later = ask(store, revoke("/admin/v1/devices/d/rotate", R"({"overlap":3600})"));
    BOOST_TEST(parsed(later).at("previous_until").as_string() == "2027-01-15T09:00:00.250000Z");
    const std::string secret(parsed(later).at("device_secret").as_string());
    BOOST_TEST(text_of(store.rotation->stored_secret) == auth::sha256_form(secret));
    for (const char* overlap : {"-1", "7776001"})
        BOOST_TEST(ask(store, revoke("/admin/v1/devices/d/rotate",
                                     R"({"overlap":)" + std::string(overlap) + "}"))
                       .status == 422);
    BOOST_TEST(ask(store, revoke("/admin/v1/devices/none/rotate", "")).status == 404);
    const auto finished = ask(store, revoke("/admin/v1/devices/d/rotate", R"({"finish":true})"));
    BOOST_TEST(finished.status == 200);
    BOOST_TEST(parsed(finished).at("device_id").as_string() == "d");
    BOOST_TEST(!parsed(finished).contains("device_secret"));
    BOOST_TEST(store.finished == std::vector<std::string>{"d"}, boost::test_tools::per_element());
    BOOST_TEST(
        ask(store, revoke("/admin/v1/devices/d/rotate", R"({"finish":true,"overlap":1})")).status ==
        422);

    const auto revoked = ask(store, revoke("/admin/v1/devices/d/revoke", R"({"reason":"lost"})"));
    BOOST_TEST(revoked.status == 200);
    BOOST_TEST(parsed(revoked).at("reason").as_string() == "lost");
    BOOST_TEST(parsed(revoked).at("revoked_at").as_string() == "2027-01-15T08:00:00.250000Z");
    BOOST_TEST(ask(store, revoke("/admin/v1/devices/none/revoke", "")).status == 404);
}

// One bad device spoils only itself, and is named by its index.
BOOST_AUTO_TEST_CASE(imports_what_is_in_order) {
    const std::string hash = "sha256:" + std::string(64, 'A');
    const auto item = [](std::string_view id, std::string_view secret) {
        return R"({"device_id":")" + std::string(id) +
               R"(","organization_id":"o","metadata":{"a":[1,{"b":null}]},"device_secret":")" +
               std::string(secret) + R"("})";
    };
    fake_admin_store store;
    store.skipped = {{"f", "the id is taken"}};
    const auto body = R"({"devices":[)" + item("a", hash) + "," + item("b", "bare") + "," +
                      item("d", hash) + "," + item("d", hash) + R"(,{"device_id":"e"},)" +
                      item("", hash) + "," + item("f", hash) + "," + item("t\u00fcr", hash) + "]}";
    const auto told = ask(store, revoke("/admin/v1/devices/import", body));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(store.imported.size() == 3u); // one of the two "d"
    BOOST_TEST(store.imported.at(0).metadata == R"({"a":[1,{"b":null}]})");
    const auto answer = parsed(told);
    BOOST_TEST(answer.at("imported").as_int64() == 2);
    std::vector<std::int64_t> refused;
    for (const auto& one : answer.at("refused").as_array())
        refused.push_back(one.at("index").as_int64());
    BOOST_TEST(refused == (std::vector<std::int64_t>{1, 3, 4, 5, 6, 7}),
               boost::test_tools::per_element());

    fake_admin_store legacy;
    ask(legacy, revoke("/admin/v1/devices/import", R"({"devices":[)" + item("b", "bare") + "]}"),
        auth::legacy_device_secret::plaintext);
    BOOST_TEST(legacy.imported.size() == 1u);
    BOOST_TEST(ask(legacy, revoke("/admin/v1/devices/import", R"({"devices":["a"]})")).status ==
               400);
}

// What belongs together is refused apart.
BOOST_AUTO_TEST_CASE(imports_all_that_a_device_was) {
    const std::string hash = "sha256:" + std::string(64, 'A');
    const auto item = [&](std::string_view more) {
        return R"({"device_id":"a","organization_id":"o","device_secret":")" + hash + "\"," +
               std::string(more) + "}";
    };
    const struct {
        std::string more;
        const char* why; // null: it is taken
    } cases[] = {
        {R"("enabled":false,"revoked_at":"2027-01-01T00:00:00Z","reason":"lost")", nullptr},
        {R"("previous_secret":")" + hash + R"(","previous_until":"2027-01-01T00:00:00Z")", nullptr},
        {R"("revoked_at":null,"reason":null,"previous_secret":null,"previous_until":null)",
         nullptr},
        {R"("reason":"lost")", "it needs \"revoked_at\""},
        {R"("revoked_at":"yesterday")", "field \"revoked_at\" must be a time"},
        {R"("previous_secret":")" + hash + '"', "need each other"},
        {R"("previous_until":"2027-01-01T00:00:00Z")", "need each other"},
        {R"("previous_secret":"bare","previous_until":"2027-01-01T00:00:00Z")",
         "field \"previous_secret\" must be"},
        {R"("previous_secret":")" + hash + R"(","previous_until":"2261-01-01T00:00:00Z")",
         "at most 90 days ahead"},
        {R"("revoked_at":"2027-01-01T00:00:00Z","reason":"a\u0007b")", "field \"reason\" must"},
    };
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.more) {
            fake_admin_store store;
            const auto told = ask(store, revoke("/admin/v1/devices/import",
                                                R"({"devices":[)" + item(one.more) + "]}"));
            BOOST_REQUIRE(told.status == 200);
            BOOST_TEST(store.imported.size() == (one.why ? 0u : 1u));
            const auto refused = parsed(told).at("refused").as_array();
            if (one.why)
                BOOST_TEST(std::string(refused.at(0).at("why").as_string()).find(one.why) !=
                           std::string::npos);
        }
    }
    fake_admin_store store;
    ask(store, revoke("/admin/v1/devices/import", R"({"devices":[)" + item(cases[0].more) + "]}"));
    BOOST_TEST(!store.imported.at(0).enabled);
    BOOST_TEST(store.imported.at(0).revoked_reason.value() == "lost");
    BOOST_TEST(!store.imported.at(0).previous.has_value());
}

BOOST_AUTO_TEST_CASE(exports_a_page_and_names_what_stays) {
    const auto stored = [](const std::string& id, const std::string& secret) {
        return auth::stored_device{"aa" + id, door(id), crypto::secret(secret), {}};
    };
    const std::string hash = "sha256:" + std::string(64, 'a');
    fake_admin_store store;
    store.to_export = {stored("1", hash), stored("2", ""), stored("3", hash), stored("4", hash)};
    store.to_export[2].shown.metadata = "[]";
    const auto asked = [](std::string_view query) {
        auto request = get("/admin/v1/devices/export");
        request.query = query;
        return request;
    };
    const auto first = asked("limit=3&organization_id=o");
    const auto told = ask(store, first);
    BOOST_TEST(told.status == 200);
    BOOST_TEST(store.exported.limit == 4u);
    BOOST_TEST(store.exported.organization_id.value() == "o");
    const auto page = parsed(told);
    BOOST_REQUIRE(page.at("devices").as_array().size() == 1u);
    BOOST_TEST(boost::json::serialize(page.at("devices").at(0)) ==
               R"({"device_id":"1","organization_id":"o","device_secret":")" + hash +
                   R"(","name":"Door","scopes":["open"],"metadata":{"floor":2},"enabled":true})");
    BOOST_REQUIRE(page.at("skipped").as_array().size() == 2u);
    BOOST_TEST(page.at("skipped").at(0).at("device_id").as_string() == "2");
    BOOST_TEST(page.at("skipped").at(1).at("why").as_string().starts_with("field \"metadata\""));

    const std::string next(page.at("next_cursor").as_string());
    store.to_export.resize(1);
    const auto query = "limit=3&cursor=" + next;
    BOOST_TEST(parsed(ask(store, asked(query))).at("next_cursor").is_null());
    BOOST_TEST(store.exported.after.value() == "aa3");
    BOOST_TEST(ask(store, asked("state=active")).status == 400);
    // It is about all organizations.
    BOOST_TEST(ask_bound(store, get("/admin/v1/devices/export"), "o").status == 403);
}

BOOST_AUTO_TEST_CASE(rehashes_bare_secrets) {
    const auto path = "/admin/v1/devices/rehash";
    fake_admin_store store;
    const std::string hex(64, 'A');
    const auto fill = [&] {
        store.bare.clear();
        store.bare.push_back({"one", {crypto::secret(hex), crypto::secret("old")}});
        store.bare.push_back({"changed", {crypto::secret(hex)}});
        store.rehashed.clear();
    };
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
    BOOST_TEST(text_of(store.rehashed.at(1).replacement) == auth::sha256_form("old"));

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

// Each secret goes by its own shape; what only resembles a hash stays.
BOOST_AUTO_TEST_CASE(rehashes_mixed_secrets) {
    const std::string hex(64, 'A');
    fake_admin_store store;
    store.bare.push_back({"one", {crypto::secret(hex), crypto::secret("chosen")}});
    store.bare.push_back({"two", {crypto::secret(hex + "\n"), crypto::secret("SHA256:" + hex)}});
    const auto told = ask(store, revoke("/admin/v1/devices/rehash", R"({"generated":true})"),
                          auth::legacy_device_secret::mixed);
    BOOST_TEST(told.body == R"({"rehashed":2,"unusable":2,"changed":0,"next_cursor":"dHdv"})");
    BOOST_REQUIRE(store.rehashed.size() == 2u);
    BOOST_TEST(text_of(store.rehashed.at(0).replacement) == "sha256:" + std::string(64, 'a'));
    BOOST_TEST(text_of(store.rehashed.at(1).replacement) == auth::sha256_form("chosen"));
}

BOOST_AUTO_TEST_CASE(a_rehash_waits_until_somebody_has_said_what_the_secrets_are) {
    const auto path = "/admin/v1/devices/rehash";
    using meaning = auth::legacy_device_secret;
    fake_admin_store store;
    store.bare_counts = {3, 1, 2};
    for (const char* body : {"", R"({"dry_run":true})"}) {
        const auto refused = ask(store, revoke(path, body));
        BOOST_TEST(refused.status == 422);
        for (const char* part :
             {"3 bare secrets of 64 hexadecimal digits", "1 that", "2 others", "mixed"})
            BOOST_TEST(refused.body.find(part) != std::string::npos);
    }
    struct {
        meaning legacy;
        const char* says;
    } const cases[] = {
        {meaning::plaintext, R"("as_sha256":0,"as_plaintext":6,"unusable":0})"},
        {meaning::sha256_hex, R"("as_sha256":3,"as_plaintext":0,"unusable":3})"},
        {meaning::mixed, R"("as_sha256":3,"as_plaintext":2,"unusable":1})"},
    };
    for (const auto& c : cases) {
        const auto told = ask(store, revoke(path, R"({"dry_run":true})"), c.legacy);
        BOOST_TEST(told.body == R"({"dry_run":true,"legacy_device_secret":")" +
                                    std::string(auth::name_of(c.legacy)) +
                                    R"(","hex_64":3,"like_hex_64":1,"other":2,)" + c.says);
    }
    BOOST_TEST(store.rehashed.empty());
    BOOST_TEST(!store.devices_page.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
