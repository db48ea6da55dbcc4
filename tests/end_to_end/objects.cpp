// The life of an organization, of an API key and of a device, over HTTP on the admin socket.
#include "../crypto/support.hpp"
#include "device_server.hpp"
#include "issuing_nodes.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/json/array.hpp>

#include <set>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Questions to the admin socket.
struct admin {
    const server_process& server;

    answer ask(std::string_view method, std::string_view path, std::string_view body = {}) const {
        auto text = post(path, body);
        text.replace(0, 4, method);
        return client(server.admin_socket()).ask(text);
    }
    boost::json::object good(std::string_view method, std::string_view path,
                             std::string_view body = {}) const {
        const auto told = ask(method, path, body);
        BOOST_REQUIRE_MESSAGE(told.status < 300, told.body);
        return told.json();
    }
    boost::json::object show(std::string_view path) const { return good("GET", path); }
    boost::json::object change(std::string_view path, std::string_view body) const {
        return good("PATCH", path, body);
    }
    /// The ids of a list, page by page.
    std::vector<std::string> ids(std::string_view list, std::string_view member,
                                 const std::string& query) const {
        std::vector<std::string> all;
        std::string cursor;
        do {
            const auto page = show("/admin/v1/" + std::string(list) + "?" + query + cursor);
            const auto name = list == "api-keys" ? std::string("api_keys") : std::string(list);
            for (const auto& one : page.at(name).as_array())
                all.emplace_back(one.at(member).as_string());
            const auto& next = page.at("next_cursor");
            cursor = next.is_null() ? "" : "&cursor=" + std::string(next.as_string());
        } while (!cursor.empty());
        return all;
    }
};

std::string text(const boost::json::object& from, std::string_view member) {
    return std::string(from.at(member).as_string());
}

std::set<std::string> members(const boost::json::object& of) {
    std::set<std::string> names;
    for (const auto& one : of)
        names.emplace(one.key());
    return names;
}

} // namespace

BOOST_AUTO_TEST_SUITE(objects)

BOOST_AUTO_TEST_CASE(a_key_is_made_found_changed_and_ended) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const admin operate{*node};
    node->create_organization("o1");
    node->create_organization("o2");
    const auto made = operate.good(
        "POST", "/admin/v1/api-keys",
        R"({"organization_id":"o1","name":"Nightly build","scopes":["r","w"],"external_id":"u-1"})");
    const auto key = text(made, "api_key");
    const auto path = "/admin/v1/api-keys/" + text(made, "key_id");
    BOOST_TEST(key.starts_with(text(made, "hint")));
    BOOST_TEST(text(made, "hint").size() == 12u);
    // The answer that makes it has the shape of those that show it.
    auto expected = members(made);
    expected.erase("api_key");
    const auto shown = operate.show(path);
    BOOST_TEST(members(shown) == expected, boost::test_tools::per_element());
    for (const auto& one : shown)
        BOOST_TEST(one.value() == made.at(one.key()), one.key());

    node->create_key("o2");
    const auto hash = crypto::to_hex(crypto::sha256(key));
    for (const std::string query : {"organization_id=o1", "name=nightly", "external_id=u-1",
                                    "state=active&limit=1&external_id=u-1", "key_hash="}) {
        const auto found =
            operate.ids("api-keys", "key_id", query.ends_with("hash=") ? query + hash : query);
        BOOST_TEST(found == std::vector<std::string>{text(made, "key_id")},
                   boost::test_tools::per_element());
    }
    BOOST_TEST(operate.ids("api-keys", "key_id", "limit=1").size() == 2u);
    BOOST_TEST(operate.ids("api-keys", "key_id", "organization_id=o3").empty());

    // What it may do is narrowed: here at once, and for the tokens that it has.
    BOOST_TEST(gets_cached(*node, key));
    const auto before = issuing_nodes::issue(*node, key);
    BOOST_TEST(code_of(node->ask(ask_about(before))) == "VALID");
    const auto narrowed = operate.change(path, R"({"scopes":["r"],"external_id":null})");
    BOOST_TEST(narrowed.at("external_id").is_null());
    BOOST_TEST(narrowed.at("generation").as_int64() == 1);
    BOOST_TEST(text(narrowed, "name") == "Nightly build");
    BOOST_TEST(code_of(node->ask(verify(question_of(key, R"(,"scopes":["w"])")))) ==
               "INSUFFICIENT_SCOPES");
    BOOST_TEST(code_of(node->ask(ask_about(before))) == "REVOKED");
    const auto after = issuing_nodes::issue(*node, key);
    BOOST_TEST(code_of(node->ask(ask_about(after))) == "VALID");

    // Off, on, and off for good.
    BOOST_TEST(text(operate.change(path, R"({"enabled":false})"), "state") == "disabled");
    BOOST_TEST(code_of(node->ask(verify(question_of(key)))) == "DISABLED");
    BOOST_TEST(code_of(node->ask(ask_about(after))) == "REVOKED");
    operate.change(path, R"({"enabled":true})");
    BOOST_TEST(code_of(node->ask(verify(question_of(key)))) == "VALID");
    const auto again = issuing_nodes::issue(*node, key);
    BOOST_TEST(issuing_nodes::becomes(*node, again, "VALID"));
    BOOST_TEST(code_of(node->ask(ask_about(after))) == "REVOKED");
    operate.good("DELETE", path);
    BOOST_TEST(code_of(node->ask(verify(question_of(key)))) == "REVOKED");
    BOOST_TEST(text(operate.show(path), "state") == "revoked");
    BOOST_TEST(operate.ask("PATCH", path, R"({"enabled":true})").status == 409);
    BOOST_TEST(operate.ids("api-keys", "key_id", "state=revoked").size() == 1u);

    BOOST_TEST(operate.ask("PATCH", path, "{}").status == 422);
    BOOST_TEST(operate.ask("GET", "/admin/v1/api-keys?naem=x").status == 400);
    BOOST_TEST(operate.ask("GET", "/admin/v1/api-keys/none").status == 404);
}

BOOST_AUTO_TEST_CASE(an_arrays_key_is_shown_and_changed_by_its_array_alone) {
    migrated_database database;
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("o1");
    database.exec("update public.organizations set api_keys = '[{\"key_id\": \"old\","
                  " \"name\": \"legacy\", \"key_hash\": \"" +
                  crypto::to_hex(crypto::sha256("k")) + "\"}]'");
    const admin operate{server};
    const auto shown = operate.show("/admin/v1/api-keys/old");
    BOOST_TEST(text(shown, "origin") == "organization_array");
    BOOST_TEST(shown.at("hint").is_null());
    const auto refused = operate.ask("PATCH", "/admin/v1/api-keys/old", R"({"enabled":false})");
    BOOST_TEST(refused.status == 409);
    BOOST_TEST(refused.body.find("--adopt-from-organizations") != std::string::npos);
    BOOST_TEST(operate.ask("DELETE", "/admin/v1/api-keys/old").status == 200);
}

BOOST_AUTO_TEST_CASE(an_organization_is_found_renamed_and_disabled_for_a_while) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    const admin operate{*node};
    const auto made = operate.good("POST", "/admin/v1/organizations",
                                   R"({"name":"Acme","organization_id":"o1"})");
    node->create_organization("o2");
    BOOST_TEST(operate.show("/admin/v1/organizations/o1") == made);
    BOOST_TEST(operate.ids("organizations", "organization_id", "name=acm&limit=1") ==
                   std::vector<std::string>{"o1"},
               boost::test_tools::per_element());
    const auto key = node->create_key("o1");
    const auto other = node->create_key("o2");
    BOOST_TEST(gets_cached(*node, key));
    const auto token = issuing_nodes::issue(*node, key);

    const std::string path = "/admin/v1/organizations/o1";
    BOOST_TEST(text(operate.change(path, R"({"name":"Acme 2"})"), "name") == "Acme 2");
    const auto disabled = operate.change(path, R"({"enabled":false})");
    BOOST_TEST(text(disabled, "status") == "disabled");
    BOOST_TEST(text(disabled, "name") == "Acme 2");
    BOOST_TEST(code_of(node->ask(verify(question_of(key)))) == "ORGANIZATION_DISABLED");
    BOOST_TEST(code_of(node->ask(ask_about(token))) == "ORGANIZATION_DISABLED");
    BOOST_TEST(code_of(node->ask(verify(question_of(other)))) == "VALID");
    BOOST_TEST(operate.ids("organizations", "organization_id", "state=disabled").size() == 1u);

    operate.change(path, R"({"enabled":true})");
    BOOST_TEST(code_of(node->ask(verify(question_of(key)))) == "VALID");
    BOOST_TEST(issuing_nodes::becomes(*node, token, "VALID"));
    const auto refused = operate.ask("DELETE", path);
    BOOST_TEST(refused.status == 405);
    BOOST_TEST(refused.field("Allow").find("PATCH") != std::string::npos);
    BOOST_TEST(operate.ask("GET", "/admin/v1/organizations/none").status == 404);
}

BOOST_AUTO_TEST_CASE(a_device_is_found_changed_and_ended) {
    device_server at;
    const admin operate{at.server};
    const auto made = operate.good("POST", "/admin/v1/devices",
                                   R"({"organization_id":"org","name":"Door","scopes":["open"]})");
    const device door{text(made, "device_id"), text(made, "device_secret")};
    const auto path = "/admin/v1/devices/" + door.id;
    auto expected = members(made);
    expected.erase("device_secret");
    const auto shown = operate.show(path);
    BOOST_TEST(members(shown) == expected, boost::test_tools::per_element());
    for (const auto& one : shown)
        BOOST_TEST(one.value() == made.at(one.key()), one.key());
    at.make();
    BOOST_TEST(operate.ids("devices", "device_id", "limit=1").size() == 2u);

    BOOST_TEST(at.gets_cached(door));
    const auto changed = operate.change(path, R"({"name":"Gate","scopes":[],"metadata":{"a":1}})");
    BOOST_TEST(text(changed, "name") == "Gate");
    BOOST_TEST(changed.at("generation").as_int64() == 1);
    BOOST_TEST(at.code(door.id, door.secret, R"(,"scopes":["open"])") == "INSUFFICIENT_SCOPES");
    BOOST_TEST(operate.ids("devices", "device_id", "name=gat") == std::vector<std::string>{door.id},
               boost::test_tools::per_element());

    BOOST_TEST(text(operate.change(path, R"({"enabled":false})"), "state") == "disabled");
    BOOST_TEST(at.code(door.id, door.secret) == "DISABLED");
    operate.change(path, R"({"enabled":true})");
    BOOST_TEST(at.code(door.id, door.secret) == "VALID");
    BOOST_TEST(text(operate.good("DELETE", path), "state") == "revoked");
    BOOST_TEST(at.code(door.id, door.secret) == "REVOKED");
    BOOST_TEST(operate.ask("PATCH", path, R"({"enabled":true})").status == 409);
    BOOST_TEST(operate.ids("devices", "device_id", "state=revoked").size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
