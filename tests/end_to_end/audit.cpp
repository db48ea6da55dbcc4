// Who changed what: the real server's changes in the audit trail, and what happens when it cannot
// be written.
#include "../integration/audited_database.hpp"
#include "cached_keys.hpp"
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/test_case.hpp>

#include <unistd.h>

using namespace latchkey::test;

namespace {

boost::json::object trail_of(const server_process& server, const std::string& query = {}) {
    const auto a = client(server.admin_socket()).ask(get("/admin/v1/audit-events" + query));
    BOOST_TEST_INFO(a.body);
    BOOST_REQUIRE(a.status == 200);
    return a.json();
}
// "api_key.create key_1, …", the latest first.
std::string actions_of(const server_process& server, const std::string& query = {}) {
    std::string out;
    const auto page = trail_of(server, query);
    for (const auto& e : page.at("audit_events").as_array()) {
        if (!out.empty()) out += ", ";
        out += e.at("action").as_string();
    }
    return out;
}
std::string health_of(const server_process& server) {
    return server.ask(get("/health")).body;
}

} // namespace

BOOST_AUTO_TEST_SUITE(audit)

BOOST_AUTO_TEST_CASE(what_operators_do_is_listed_with_who_and_which_request) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("acme");
    const auto made = client(server.admin_socket())
                          .ask(post("/admin/v1/api-keys",
                                    R"({"organization_id":"acme","name":"k","scopes":["read"]})"));
    BOOST_REQUIRE(made.status == 201);
    const std::string id(made.json().at("key_id").as_string());
    BOOST_TEST(server.command({"key", "revoke", id, "--reason", "lost"}).exit_code == 0);

    BOOST_TEST(actions_of(server, "?organization_id=acme") ==
               "api_key.revoke, api_key.create, organization.create");
    const auto page = trail_of(server, "?object_id=" + id + "&order=asc");
    const auto& events = page.at("audit_events").as_array();
    BOOST_REQUIRE(events.size() == 2u);
    BOOST_TEST(events[0].at("request_id").as_string() == made.field("X-Request-Id"));
    const auto& actor = events[0].at("actor");
    BOOST_TEST(actor.at("kind").as_string() == "socket");
    BOOST_TEST(actor.at("uid").to_number<uid_t>() == ::getuid());
    BOOST_TEST(actor.at("pid").to_number<pid_t>() == ::getpid());
    BOOST_TEST(events[0].at("object_kind").as_string() == "api_key");
    BOOST_TEST(events[0].at("before").is_null());
    BOOST_TEST(boost::json::serialize(events[0].at("after").at("scopes")) == R"(["read"])");
    BOOST_TEST(events[1].at("before").at("revoked_at").is_null());
    BOOST_TEST(events[1].at("after").at("revoked_reason").as_string() == "lost");

    // Followed: what comes later, once.
    const std::string cursor(page.at("next_cursor").as_string());
    const auto next = "?object_id=" + id + "&order=asc&cursor=" + cursor;
    BOOST_TEST(actions_of(server, next) == "");
    database.exec("update latchkey.api_keys set name = 'by hand'");
    const auto last_page = trail_of(server, next);
    const auto& later = last_page.at("audit_events").as_array();
    BOOST_REQUIRE(later.size() == 1u);
    BOOST_TEST(later[0].at("actor").at("kind").as_string() == "sql");

    struct {
        const char* query;
        int status;
    } const wrong[] = {{"?since=yesterday", 400}, {"?order=up", 400},  {"?limit=0", 400},
                       {"?limit=1001", 400},      {"?sinse=x", 400},   {"?cursor=AAAA", 422},
                       {"?limit=1&limit=2", 400}, {"?object_id=", 400}};
    for (const auto& w : wrong)
        BOOST_TEST(client(server.admin_socket())
                           .ask(get("/admin/v1/audit-events" + std::string(w.query)))
                           .status == w.status,
                   w.query);
}

BOOST_AUTO_TEST_CASE(what_the_server_does_by_itself_has_its_node_and_no_secret_is_written) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    BOOST_REQUIRE(soon([&] { return actions_of(*node, "?action=signing_key") != ""; }));
    const auto first = trail_of(*node, "?action=signing_key.create&order=asc");
    BOOST_TEST(first.at("audit_events").as_array()[0].at("actor").at("kind").as_string() ==
               "server");

    node->create_organization("acme");
    const auto key = node->create_key("acme");
    const auto device = client(node->admin_socket())
                            .ask(post("/admin/v1/devices",
                                      R"({"organization_id":"acme","name":"d","device_id":"d1",)"
                                      R"("device_secret":"CanaryDeviceSecret"})"));
    BOOST_TEST(device.status == 201);
    const auto rotated = node->command({"device", "rotate", "d1", "--json"});
    BOOST_TEST(rotated.exit_code == 0);
    BOOST_TEST(node->command({"signing-key", "rotate"}).exit_code == 0);
    BOOST_TEST(actions_of(*node, "?object_id=d1") == "device.rotate, device.create");

    const auto all = nodes.database.value("select string_agg(e::text, ' ') from"
                                          " latchkey.audit_events e");
    const auto sealed = nodes.database.value("select encode(sealed, 'hex') from"
                                             " latchkey.signing_keys where sealed is not null"
                                             " limit 1");
    for (const auto& secret :
         {key, key.substr(0, 20), std::string("CanaryDeviceSecret"), sealed.substr(0, 32),
          nodes.database.value("select encode(key_hash, 'hex') from latchkey.api_keys")
              .substr(0, 16),
          nodes.database.value("select device_secret from public.device_credentials")})
        BOOST_TEST(all.find(secret) == std::string::npos);
}

BOOST_DATA_TEST_CASE(without_a_trail_own_changes_are_refused_and_verification_goes_on,
                     boost::unit_test::data::make(audit_damages), damage) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("acme");
    const auto key = server.create_key("acme");
    const auto id = database.value("select key_id from latchkey.api_keys");
    BOOST_REQUIRE(gets_cached(server, key));
    BOOST_TEST(health_of(server).find("audit\":{\"status\":\"ok\"") != std::string::npos);

    database.exec(damage.done);
    const auto refused =
        client(server.admin_socket())
            .ask(post("/admin/v1/api-keys", R"({"organization_id":"acme","name":"k"})"));
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(refused.body.find("latchkey.audit_events") != std::string::npos);
    const auto revoked = server.command({"key", "revoke", id});
    BOOST_TEST(revoked.exit_code == 69);
    BOOST_TEST(revoked.err.find("audit trail") != std::string::npos);
    BOOST_TEST(database.value("select count(*) from latchkey.api_keys"
                              " where revoked_at is null") == "1");
    BOOST_TEST(code_of(server.ask(verify(question_of(key)))) == "VALID");

    // The older service is not held up, and its change is obeyed, counted and shown.
    database.exec("update public.organizations set status = 'off'");
    BOOST_TEST(soon(
        [&] { return code_of(server.ask(verify(question_of(key)))) == "ORGANIZATION_DISABLED"; }));
    BOOST_TEST(soon([&] { return metric(server, "auth_audit_failed_total") == 1; }));
    BOOST_TEST(health_of(server).find("CHANGES_NOT_RECORDED") != std::string::npos);
    BOOST_TEST(server.command({"status", "--json"}).out.find(damage.sqlstate) != std::string::npos);
    BOOST_TEST(server.says("changes are not in the audit trail"));
    BOOST_TEST(server.ask(get("/readyz")).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
