#include "../integration/support.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::test;

namespace {

struct running {
    migrated_database database;
    server_process server{database.uri()};
    running() { BOOST_REQUIRE(server.wait_for("/readyz", 200)); }
    bool becomes(const std::string& body, std::string_view expected) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (code(body) != expected)
            if (std::chrono::steady_clock::now() >= end) return false;
        return true;
    }
    std::string code(const std::string& body) const {
        const auto a = server.ask(verify(body));
        BOOST_TEST(a.status == 200);
        return std::string(a.json().at("code").as_string());
    }
};

std::string body_of(const std::string& key, const std::string& more = {}) {
    return R"({"api_key":")" + key + "\"" + more + "}";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(verify_api_key, running)

BOOST_AUTO_TEST_CASE(a_good_key_is_answered_with_all_its_members) {
    const auto organization = server.create_organization("org-1");
    const auto key = server.create_key(
        organization, {"--scopes", "write,read", "--external-id", "x1", "--metadata",
                       R"({"tier": "gold", "n": 1.50})", "--expires-in", "90d"});
    const auto a = server.ask(verify(body_of(key, R"(,"scopes":["read"],"cost":3)")));
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.field("Content-Type") == "application/json");
    BOOST_TEST(a.field("X-Auth-Cache") == "miss");
    BOOST_TEST(a.field("Age") == "0");
    BOOST_TEST(a.field("X-Request-Id").size() == 32u);
    BOOST_TEST(a.body.starts_with(R"({"valid":true,"code":"VALID","key_id":"key_)"));
    const auto answer = a.json();
    BOOST_TEST(answer.at("organization_id").as_string() == "org-1");
    BOOST_TEST(answer.at("name").as_string() == "test");
    BOOST_TEST(answer.at("external_id").as_string() == "x1");
    BOOST_TEST(a.body.find(R"("scopes":["read","write"],"metadata":{"n":1.50,"tier":"gold"})") !=
               std::string::npos);
    BOOST_TEST(answer.at("expires_at").as_string().ends_with("Z"));
}

BOOST_AUTO_TEST_CASE(every_code_that_applies) {
    const auto organization = server.create_organization("org-1");
    const auto key = [&](std::vector<std::string> options = {}) {
        return server.create_key(organization, options);
    };
    const auto set = [&](const std::string& k, const std::string& change) {
        database.exec("update latchkey.api_keys set " + change + " where key_hash = sha256('" + k +
                      "'::bytea)");
        return k;
    };
    const auto good = key();
    const auto fenced = key({"--allowed-ips", "192.0.2.0/24,2001:db8::/32"});
    struct {
        const char* code;
        std::string body;
    } const cases[] = {
        {"VALID", body_of(good)},
        {"VALID", body_of(fenced, R"(,"ip":"192.0.2.7")")},
        {"VALID", body_of(fenced, R"(,"ip":"::ffff:192.0.2.7")")},
        {"VALID", body_of(fenced, R"(,"ip":"2001:db8::1")")},
        {"IP_NOT_ALLOWED", body_of(fenced)},
        {"IP_NOT_ALLOWED", body_of(fenced, R"(,"ip":"198.51.100.1")")},
        {"INSUFFICIENT_SCOPES", body_of(good, R"(,"scopes":["admin"])")},
        {"NOT_FOUND", body_of("somebody-elses-key")},
        {"REVOKED", body_of(set(key(), "revoked_at = now()"))},
        {"DISABLED", body_of(set(key(), "enabled = false"))},
        {"EXPIRED", body_of(set(key(), "expires_at = now()"))},
        {"VALID", body_of(set(key(), "expires_at = 'infinity'"))},
        {"INVALID_FORMAT", body_of("")},
        {"INVALID_FORMAT", body_of("short")},
        {"INVALID_FORMAT", body_of("with a space in it")},
        {"INVALID_FORMAT", body_of(std::string(10000, 'k'))},
        {"INVALID_FORMAT", body_of("lk_live_mistyped")},
        {"INVALID_FORMAT",
         body_of(good.substr(0, good.size() - 1) + (good.back() == 'x' ? 'y' : 'x'))},
        {"INVALID_FORMAT", body_of("nul\\u0000in-the-middle")},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.code << " " << c.body.substr(0, 80)) {
            const auto a = server.ask(verify(c.body));
            BOOST_TEST(a.status == 200);
            BOOST_TEST(a.json().at("code").as_string() == c.code);
            const bool valid = a.json().at("valid").as_bool();
            BOOST_TEST(valid == (std::string_view(c.code) == "VALID"));
            BOOST_TEST(a.field("X-Auth-Cache").empty() == false);
            BOOST_TEST((a.field("X-Auth-Cache") == "none") == !valid);
            BOOST_TEST(a.field("Age").empty() == !valid);
        }
    }
    database.exec("update public.organizations set status = 'disabled'");
    BOOST_TEST(becomes(body_of(good), "ORGANIZATION_DISABLED"));
}

// A wrong checksum costs no look-up.
BOOST_AUTO_TEST_CASE(a_wrong_checksum_costs_no_look_up) {
    auto connection = server.connect();
    for (int i = 0; i < 1000; ++i) {
        const auto n = std::to_string(100000 + i);
        const auto a = connection.ask(verify(body_of("lk_live_" + std::string(25, 'a') + n + n)));
        BOOST_REQUIRE(a.json().at("code").as_string() == "INVALID_FORMAT");
    }
    const auto metrics = server.ask(get("/metrics")).body;
    BOOST_TEST(metrics.find("auth_db_batch_size_count 0\n") != std::string::npos);
    BOOST_TEST(
        metrics.find("auth_verdicts_total{kind=\"api_key\",code=\"INVALID_FORMAT\"} 1000\n") !=
        std::string::npos);
}

BOOST_AUTO_TEST_CASE(foreign_keys_can_be_refused) {
    server_process strict(database.uri(), "", "[auth]\naccept_foreign_keys = false\n");
    BOOST_REQUIRE(strict.wait_for("/readyz", 200));
    const auto a = strict.ask(verify(body_of("somebody-elses-key")));
    BOOST_TEST(a.json().at("code").as_string() == "INVALID_FORMAT");
    BOOST_TEST(a.json().at("detail").as_string().find("auth.accept_foreign_keys") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_of_the_old_services_array_is_found) {
    database.exec("insert into public.organizations (organization_id, api_keys) values ('old', "
                  "jsonb_build_array(jsonb_build_object('key_hash', "
                  "encode(sha256('sk_old_1234567890'::bytea), 'hex'), 'name', 'ci')))");
    const auto a = server.ask(verify(body_of("sk_old_1234567890")));
    BOOST_TEST(a.json().at("code").as_string() == "VALID");
    BOOST_TEST(a.json().at("name").as_string() == "ci");
    database.exec("update public.organizations set api_keys = '[]'");
    BOOST_TEST(becomes(body_of("sk_old_1234567890"), "REVOKED"));
}

BOOST_AUTO_TEST_SUITE_END()
