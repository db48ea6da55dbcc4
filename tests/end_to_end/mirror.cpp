// The older service's array of keys, as callers and operators see it.
#include "cached_keys.hpp"

#include <latchkey/crypto/digest.hpp>

using namespace latchkey::test;

namespace {

// Keys as the older service made them.
const std::string first = "sk_first_0123456789abcdef0123456789";
const std::string second = "sk_second_0123456789abcdef0123456789";

std::string element_of(const std::string& key, const std::string& rest = {}) {
    return R"({"key_hash":")" + latchkey::crypto::to_hex(latchkey::crypto::sha256(key)) + "\"" +
           (rest.empty() ? "" : "," + rest) + "}";
}

struct mirrored_server {
    migrated_database database;
    server_process server{database.uri()};
    mirrored_server() {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        database.exec("insert into public.organizations (organization_id) values ('o1'), ('o2')");
    }
    void set_array(const std::string& array, const std::string& organization = "o1") {
        database.exec("update public.organizations set api_keys = $array$" + array +
                      "$array$ where organization_id = '" + organization + "'");
    }
    bool becomes(const std::string& key, std::string_view code) {
        return soon([&] { return code_of(server.ask(verify(question_of(key)))) == code; });
    }
    bool health_says(const std::string& text) {
        return soon(
            [&] { return server.ask(get("/health")).body.find(text) != std::string::npos; });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mirror)

BOOST_AUTO_TEST_CASE(what_cannot_be_read_closes_a_key_that_is_cached) {
    mirrored_server r;
    for (const char* rest : {R"("is_active":false,"expires_at":"n/a")", R"("is_active":"perhaps")",
                             R"("expires_at":"infinity")", R"("status":[])"}) {
        BOOST_TEST_CONTEXT(rest) {
            r.set_array("[" + element_of(first) + "]");
            BOOST_TEST(r.becomes(first, "VALID"));
            r.set_array("[" + element_of(first, rest) + "]");
            BOOST_TEST(r.becomes(first, "DISABLED"));
        }
    }
    for (const char* rest : {R"("expires_at":1577836800000)", R"("expires_at":"1577836800")"}) {
        r.set_array("[" + element_of(first, rest) + "]");
        BOOST_TEST(r.becomes(first, "EXPIRED"));
    }
}

// Two organizations number their keys, so that ids are the same.
BOOST_AUTO_TEST_CASE(keys_of_one_id_are_good_and_the_rest_is_counted_until_it_is_mended) {
    mirrored_server r;
    r.set_array("[" + element_of(first, R"("key_id":"1")") + "]");
    r.set_array("[" + element_of(second, R"("key_id":"1")") + "]", "o2");
    BOOST_TEST(r.becomes(first, "VALID"));
    BOOST_TEST(r.becomes(second, "VALID"));
    BOOST_TEST(r.health_says(R"("mirror":{"status":"ok"})"));

    r.set_array("[7," + element_of(first, R"("key_id":"1","expires_at":"n/a")") + "]");
    BOOST_TEST(r.health_says(R"("count":2)"));
    BOOST_TEST(r.server.ask(get("/health")).body.find("o1") == std::string::npos);
    BOOST_TEST(r.server.ask(get("/readyz")).status == 200);
    BOOST_TEST(metric(r.server, R"(auth_mirror_unreadable_elements{outcome="skipped"})") == 1);
    BOOST_TEST(metric(r.server, R"(auth_mirror_unreadable_elements{outcome="disabled"})") == 1);
    const auto status = r.server.command({"status", "--json"});
    for (const char* part : {R"("skipped":1,"disabled":1,"renamed":1)", "it is not an object",
                             "cannot be read: expires_at", "another key has key_id"})
        BOOST_TEST(status.out.find(part) != std::string::npos);

    const auto migrated = run({latchkey_binary(), "migrate", "--config", r.server.config()});
    BOOST_TEST(migrated.exit_code == 0);
    for (const char* line :
         {"organization o1, api_keys[0]: skipped: it is not an object\n",
          "organization o1, api_keys[1]: disabled: key \"1\" cannot be read: expires_at\n",
          "organization o2, api_keys[0]: renamed: another key has key_id \"1\"",
          "1 elements are skipped, 1 disabled, 1 have another key_id, of 2 organizations"})
        BOOST_TEST(migrated.err.find(line) != std::string::npos);

    r.set_array("[" + element_of(first, R"("key_id":"1")") + "]");
    BOOST_TEST(r.becomes(first, "VALID"));
    BOOST_TEST(r.health_says(R"("mirror":{"status":"ok"})"));
    BOOST_TEST(metric(r.server, "auth_mirror_unreadable_elements") == 0);
}

BOOST_AUTO_TEST_CASE(touches_leave_a_cached_key_where_it_is) {
    mirrored_server r;
    r.set_array("[" + element_of(first, R"("team":"x","last_used_at":1)") + "]");
    BOOST_REQUIRE(gets_cached(r.server, first));
    BOOST_REQUIRE(has_heard_all(r.server, r.database));
    BOOST_REQUIRE(gets_cached(r.server, first));
    const auto told = metric(r.server, "auth_feed_changes_total");
    for (int i = 2; i < 20; ++i)
        r.set_array("[" + element_of(first, R"("team":"x","last_used_at":)" + std::to_string(i)) +
                    "]");
    // The change after them has been applied.
    r.set_array("[" + element_of(second) + "]", "o2");
    BOOST_TEST(soon([&] { return metric(r.server, "auth_feed_changes_total") > told; }));
    BOOST_TEST(metric(r.server, "auth_feed_changes_total") == told + 1);
    const auto hit = r.server.ask(verify(question_of(first)));
    BOOST_TEST(hit.field("X-Auth-Cache") == "hit");
    BOOST_TEST(hit.body.find(R"("metadata":{"team":"x"})") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
