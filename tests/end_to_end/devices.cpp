// Devices are registered, authenticated, rotated and revoked on a whole server.
#include "device_server.hpp"
#include "issuing_nodes.hpp"

#include <algorithm>

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(devices)

BOOST_FIXTURE_TEST_CASE(a_device_is_answered_with_all_its_members, device_server) {
    const auto d = make({"--scopes", "open,close", "--metadata", R"({"floor": 2})"});
    BOOST_TEST(d.secret.starts_with("lkd_"));
    const auto first = server.ask(authenticate(d.id, d.secret));
    BOOST_TEST(first.body == R"({"valid":true,"code":"VALID","device_id":")" + d.id +
                                 R"(","organization_id":"org","name":"Door",)" +
                                 R"("scopes":["close","open"],"metadata":{"floor":2}})");
    BOOST_TEST(gets_cached(d));
    const auto hit = server.ask(authenticate(d.id, d.secret));
    BOOST_TEST(hit.body == first.body);
    BOOST_TEST(hit.field("Age") == "0");
    const auto fresh = server.ask(authenticate(d.id, d.secret, "", "Cache-Control: no-cache\r\n"));
    BOOST_TEST(fresh.field("X-Auth-Cache") == "miss");
    BOOST_TEST(database.value("select device_secret from public.device_credentials")
                   .starts_with("sha256:"));
}

BOOST_FIXTURE_TEST_CASE(every_code_that_applies, device_server) {
    const auto d = make({"--scopes", "open"});
    struct {
        const char* code;
        std::string id, secret, more;
    } const cases[] = {
        {"VALID", d.id, d.secret, R"(,"scopes":["open"])"},
        {"INSUFFICIENT_SCOPES", d.id, d.secret, R"(,"scopes":["paint"])"},
        {"INVALID_CREDENTIALS", d.id, "wrong", R"(,"scopes":["paint"])"},
        {"INVALID_CREDENTIALS", "nobody", d.secret, ""},
        {"INVALID_FORMAT", "", d.secret, ""},
        {"INVALID_FORMAT", d.id, "", ""},
        {"INVALID_FORMAT", d.id, std::string(10'000, 'x'), ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.code << ' ' << c.secret.substr(0, 20)) {
            BOOST_TEST(code(c.id, c.secret, c.more) == c.code);
        }
    }
}

// The older service writes into its own table and knows nothing of Latchkey's columns.
BOOST_FIXTURE_TEST_CASE(the_older_services_writes_are_obeyed, device_server) {
    const auto d = make();
    BOOST_REQUIRE(gets_cached(d));
    const auto set = [&](const std::string& change) {
        database.exec("update public.device_credentials set " + change + " where device_id = '" +
                      d.id + "'");
    };
    set("status = 'suspended'");
    BOOST_TEST(becomes(d, "DISABLED"));
    set("status = 'active'");
    BOOST_TEST(becomes(d, "VALID"));
    set("device_secret = 'sha256:' || encode(sha256('another'), 'hex')");
    BOOST_TEST(becomes(d, "INVALID_CREDENTIALS"));
    BOOST_TEST(becomes({d.id, "another"}, "VALID"));
    set("scopes = '{r}'");
    BOOST_TEST(soon([&] { return code(d.id, "another", R"(,"scopes":["r"])") == "VALID"; }));
    database.exec("update public.organizations set status = 'disabled'");
    BOOST_TEST(becomes({d.id, "another"}, "ORGANIZATION_DISABLED"));
    database.exec("update public.organizations set status = 'active'");
    BOOST_TEST(becomes({d.id, "another"}, "VALID"));
    database.exec("delete from public.device_credentials");
    BOOST_TEST(becomes({d.id, "another"}, "INVALID_CREDENTIALS"));
}

BOOST_FIXTURE_TEST_CASE(a_device_asked_for_before_it_was_there_is_there_at_once, device_server) {
    BOOST_TEST(code("early", "x") == "INVALID_CREDENTIALS");
    BOOST_TEST(code("early", "x") == "INVALID_CREDENTIALS");
    const auto d = make({"--id", "early"});
    BOOST_TEST(code("early", d.secret) == "VALID");
}

BOOST_FIXTURE_TEST_CASE(a_rotation_overlaps, device_server) {
    const auto d = make();
    BOOST_REQUIRE(gets_cached(d));
    const auto rotated = command({"device", "rotate", d.id, "--overlap", "1h"});
    const std::string next(rotated.at("device_secret").as_string());
    BOOST_TEST(rotated.at("previous_until").as_string().ends_with("Z"));
    BOOST_TEST(code(d.id, d.secret) == "VALID");
    BOOST_TEST(code(d.id, next) == "VALID");
    // While both work there is no third.
    BOOST_TEST(server.command({"device", "rotate", d.id}).exit_code != 0);
    BOOST_TEST(code(d.id, d.secret) == "VALID");
    database.exec("update public.device_credentials set previous_secret_until = now()");
    BOOST_TEST(soon([&] { return code(d.id, d.secret) == "INVALID_CREDENTIALS"; }));
    const auto again = command({"device", "rotate", d.id, "--overlap", "0s"});
    const std::string last(again.at("device_secret").as_string());
    BOOST_TEST(again.at("previous_until").is_null());
    BOOST_TEST(code(d.id, d.secret) == "INVALID_CREDENTIALS");
    BOOST_TEST(code(d.id, next) == "INVALID_CREDENTIALS");
    BOOST_TEST(code(d.id, last) == "VALID");
}

BOOST_FIXTURE_TEST_CASE(a_revoked_device_is_refused_at_once, device_server) {
    const auto d = make();
    BOOST_REQUIRE(gets_cached(d));
    const auto revoked = command({"device", "revoke", d.id, "--reason", "lost"});
    BOOST_TEST(revoked.at("reason").as_string() == "lost");
    BOOST_TEST(code(d.id, d.secret) == "REVOKED");
    BOOST_TEST(code(d.id, "wrong") == "INVALID_CREDENTIALS");
    const auto again = command({"device", "revoke", d.id, "--reason", "found"});
    BOOST_TEST(again.at("reason").as_string() == "lost");
    const auto shown = command({"device", "show", d.id});
    BOOST_TEST(shown.at("revoked_at").as_string() == revoked.at("revoked_at").as_string());
    BOOST_TEST(server.command({"device", "revoke", "nobody"}).exit_code == 64);
    const auto listed = command({"device", "list"});
    BOOST_TEST(listed.at("devices").as_array().size() == 1u);
    BOOST_TEST(listed.at("next_cursor").is_null());
}

BOOST_FIXTURE_TEST_CASE(pages_of_devices, device_server) {
    for (const char* id : {"a", "c"})
        make({"--id", id});
    // The older service writes ids with any characters.
    database.exec("insert into public.device_credentials (device_id, device_secret, "
                  "organization_id, status) values ('b/&?', 'bare', 'org', 'active')");
    std::vector<std::string> seen;
    std::string cursor;
    do {
        std::vector<std::string> words = {"device", "list", "--limit", "1"};
        if (!cursor.empty()) words.insert(words.end(), {"--cursor", cursor});
        const auto page = command(words);
        for (const auto& one : page.at("devices").as_array())
            seen.emplace_back(one.at("device_id").as_string());
        const auto& next = page.at("next_cursor");
        cursor = next.is_null() ? "" : std::string(next.as_string());
    } while (!cursor.empty());
    std::ranges::sort(seen);
    const std::vector<std::string> all = {"a", "b/&?", "c"};
    BOOST_TEST(seen == all, boost::test_tools::per_element());
}

// --- Tokens ---

BOOST_AUTO_TEST_CASE(tokens_are_made_for_devices_and_fall_with_them) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const auto organization = node->create_organization();
    issuing_nodes::issue(*node, node->create_key(organization));
    const auto done = node->command({"device", "register", "--organization", organization, "--name",
                                     "Door", "--scopes", "open,close", "--json"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    const auto made = boost::json::parse(done.out);
    const std::string id(made.at("device_id").as_string());
    const std::string secret(made.at("device_secret").as_string());

    const auto with = node->ask(authenticate(id, secret, R"(,"issue_token":true)"));
    BOOST_TEST(with.field("Cache-Control") == "no-store");
    BOOST_TEST(with.json().at("expires_in").as_int64() == 900);
    const auto generated =
        node->ask(post("/api/v1/auth/generate-token", claim(id, secret, R"(,"scopes":["open"])")));
    for (const auto& a : {with, generated}) {
        const auto verified = node->ask(ask_about(token_of(a))).json();
        BOOST_TEST(verified.at("code").as_string() == "VALID");
        BOOST_TEST(verified.at("subject").as_string() == id);
        BOOST_TEST(verified.at("organization_id").as_string() == organization);
    }
    BOOST_TEST(!node->ask(authenticate(id, secret)).json().contains("access_token"));
    BOOST_TEST(node->command({"device", "revoke", id}).exit_code == 0);
    BOOST_TEST(code_of(node->ask(ask_about(token_of(with)))) == "REVOKED");
    BOOST_TEST(code_of(node->ask(ask_about(token_of(generated)))) == "REVOKED");
    BOOST_TEST(code_of(node->ask(authenticate(id, secret, R"(,"issue_token":true)"))) == "REVOKED");
}

BOOST_AUTO_TEST_SUITE_END()
