// Roles by the commands, and permissions in questions: hits and misses answer alike, and what a
// role loses ends tokens on every node.
#include "device_server.hpp"
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

using namespace latchkey::test;

namespace {

std::string permissions(std::string_view expression) {
    return R"(,"permissions":")" + std::string(expression) + '"';
}

struct scene : issuing_nodes {
    scene() {
        BOOST_REQUIRE_EQUAL(one->create_organization("acme"), "acme");
        key = one->create_key("acme", {"--scopes", "documents.*,admin"});
    }
    /// Runs a command that must succeed, and returns what it printed, as JSON.
    boost::json::value does(std::vector<std::string> words) const {
        words.push_back("--json");
        const auto done = one->command(words);
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        return boost::json::parse(done.out);
    }
    std::string make_role(const std::string& name, const std::string& scopes) const {
        return std::string(
            does({"role", "create", "--organization", "acme", "--name", name, "--scopes", scopes})
                .at("role_id")
                .as_string());
    }
    std::string key_id() const {
        return std::string(one->ask(verify(question_of(key))).json().at("key_id").as_string());
    }
    std::string scopes_told(const server_process& node) const {
        const auto told = node.ask(verify(question_of(key)));
        return told.status == 200 && told.json().at("valid").as_bool()
                   ? boost::json::serialize(told.json().at("scopes"))
                   : told.body;
    }

    const std::unique_ptr<server_process> one = start();
    std::string key;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(roles, scene)

BOOST_AUTO_TEST_CASE(hits_and_misses_judge_permissions_alike) {
    BOOST_REQUIRE(has_heard_all(*one, database)); // news of the key ends its entry
    BOOST_REQUIRE(gets_cached(*one, key));
    struct {
        const char* expression;
        const char* code;
    } const cases[] = {
        {"documents.read", "VALID"},
        {"documents.read AND (admin OR billing.read)", "VALID"},
        {"documents.read AND billing.read", "INSUFFICIENT_SCOPES"},
        {"latchkey:verify", "INSUFFICIENT_SCOPES"},
        {"documents.*", "400"},
        {"documents.read AND", "400"},
        {"", "400"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.expression) {
            const auto question = question_of(key, permissions(c.expression));
            const auto hit = one->ask(verify(question));
            const auto miss = one->ask(
                post("/api/v1/auth/verify-api-key", question, "Cache-Control: no-cache\r\n"));
            BOOST_TEST(code_of(hit) == c.code);
            BOOST_TEST(code_of(miss) == c.code);
            if (code_of(hit) == "VALID") {
                BOOST_TEST(hit.field("X-Auth-Cache") == "hit");
                BOOST_TEST(miss.field("X-Auth-Cache") != "hit");
                BOOST_TEST(hit.body == miss.body);
            }
        }
    const auto refused = one->ask(verify(question_of(key, permissions("a AND OR b"))));
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(refused.body.find("field \\\"permissions\\\", at character 7: expected a name") !=
               std::string::npos);
    // Without the member, or with null, as before.
    BOOST_TEST(code_of(one->ask(verify(question_of(key, R"(,"permissions":null)")))) == "VALID");
    BOOST_TEST(code_of(one->ask(verify(question_of(key, R"(,"scopes":["documents.read"])")))) ==
               "INSUFFICIENT_SCOPES");
}

BOOST_AUTO_TEST_CASE(tokens_devices_and_batches_are_asked_so_too) {
    const auto token = issue(*one, key);
    BOOST_TEST(code_of(one->ask(ask_about(token, permissions("documents.x AND admin")))) ==
               "VALID");
    BOOST_TEST(code_of(one->ask(ask_about(token, permissions("documents.x AND other")))) ==
               "INSUFFICIENT_SCOPES");
    BOOST_TEST(code_of(one->ask(ask_about(token, permissions("(")))) == "400");

    const auto made = does({"device", "register", "--organization", "acme", "--name", "d", "--id",
                            "door", "--scopes", "door:*"});
    const std::string claim = R"({"device_id":"door","device_secret":")" +
                              std::string(made.at("device_secret").as_string()) + '"';
    for (const char* how : {"", "Cache-Control: no-cache\r\n"}) {
        const auto ask = [&](const char* expression) {
            return code_of(one->ask(post("/api/v1/auth/authenticate-device",
                                         claim + permissions(expression) + "}", how)));
        };
        BOOST_TEST(ask("door:open") == "VALID");
        BOOST_TEST(ask("door:open AND lift") == "INSUFFICIENT_SCOPES");
        BOOST_TEST(ask("door:") == "400");
    }

    const auto item = [&](const std::string& type, const std::string& fields,
                          const char* expression) {
        return R"({"type":")" + type + "\"," + fields + permissions(expression) + "}";
    };
    const auto of_key = R"("api_key":")" + key + '"';
    const auto of_token = R"("token":")" + token + '"';
    const auto of_device = claim.substr(1);
    for (const char* how : {"", "Cache-Control: no-cache\r\n"}) {
        const auto told = one->ask(post(
            "/api/v1/auth/verify-batch",
            R"({"items":[)" + item("api_key", of_key, "documents.a") + "," +
                item("api_key", of_key, "other") + "," + item("api_key", of_key, "a b") + "," +
                item("token", of_token, "documents.a") + "," + item("token", of_token, "other") +
                "," + item("device", of_device, "door:a OR other") + "," +
                item("device", of_device, "other") + "," + item("api_key", of_key, "a b") + "]}",
            how));
        BOOST_REQUIRE(told.status == 200);
        std::string codes;
        const auto json = told.json();
        for (const auto& one_result : json.at("results").as_array())
            codes += std::string(one_result.at("code").as_string()) + ' ';
        BOOST_TEST(codes == "VALID INSUFFICIENT_SCOPES INVALID_FORMAT VALID INSUFFICIENT_SCOPES "
                            "VALID INSUFFICIENT_SCOPES INVALID_FORMAT ");
        BOOST_TEST(told.body.find("at character 3: expected AND or OR") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_gateway_asks_so_too) {
    const auto ask = [&](const std::string& expression) {
        return one->ask(
            get("/forward-auth?permissions=" + expression, "X-API-Key: " + key + "\r\n"));
    };
    BOOST_TEST(ask("documents.read%20AND%20admin").status == 200);
    const auto refused = ask("documents.read%20AND%20other");
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.field("X-Latchkey-Code") == "INSUFFICIENT_SCOPES");
    BOOST_TEST(ask("documents.*").field("X-Latchkey-Code") == "POLICY_MALFORMED");
    BOOST_TEST(ask("").field("X-Latchkey-Code") == "POLICY_MALFORMED");
}

// On both nodes, and for the tokens that they know already.
BOOST_AUTO_TEST_CASE(what_a_role_loses_ends_tokens_on_every_node) {
    const auto two = start();
    const auto role = make_role("editor", "pages.read,pages.write");
    const auto granted = does({"role", "grant", role, "--key", key_id()});
    BOOST_TEST(granted.at("changed").as_bool());
    BOOST_TEST(!does({"role", "grant", role, "--key", key_id()}).at("changed").as_bool());
    const std::string with_role = R"(["admin","documents.*","pages.read","pages.write"])";
    for (const auto* node : {one.get(), two.get()}) {
        BOOST_TEST(soon([&] { return scopes_told(*node) == with_role; }));
        BOOST_TEST(gets_cached(*node, key));
        BOOST_TEST(scopes_told(*node) == with_role);
    }
    BOOST_TEST(boost::json::serialize(does({"key", "show", key_id()}).at("roles")) ==
               R"(["editor"])");
    BOOST_TEST(boost::json::serialize(does({"key", "show", key_id()}).at("scopes")) ==
               R"(["documents.*","admin"])");

    // A token has them, too. More scopes end nothing.
    const auto token = issue(*one, key);
    for (const auto* node : {one.get(), two.get()})
        BOOST_TEST(code_of(node->ask(ask_about(token, permissions("pages.write")))) == "VALID");
    does(
        {"role", "update", role, "--scopes", "pages.read,pages.write,pages.list", "--wait", "all"});
    for (const auto* node : {one.get(), two.get()})
        BOOST_TEST(code_of(node->ask(ask_about(token))) == "VALID");

    const auto told = does({"role", "update", role, "--scopes", "pages.read", "--wait", "all"});
    BOOST_TEST(told.at("complete").as_bool());
    for (const auto* node : {one.get(), two.get()}) {
        BOOST_TEST(code_of(node->ask(ask_about(token))) == "REVOKED");
        BOOST_TEST(scopes_told(*node) == R"(["admin","documents.*","pages.read"])");
        BOOST_TEST(code_of(node->ask(verify(question_of(key, permissions("pages.write"))))) ==
                   "INSUFFICIENT_SCOPES");
    }

    const auto next = issue(*one, key);
    does({"role", "ungrant", role, "--key", key_id(), "--wait", "all"});
    for (const auto* node : {one.get(), two.get()}) {
        BOOST_TEST(code_of(node->ask(ask_about(next))) == "REVOKED");
        BOOST_TEST(scopes_told(*node) == R"(["admin","documents.*"])");
    }

    does({"role", "grant", role, "--key", key_id()});
    const auto last = issue(*one, key);
    does({"role", "delete", role, "--wait", "all"});
    for (const auto* node : {one.get(), two.get()})
        BOOST_TEST(code_of(node->ask(ask_about(last))) == "REVOKED");
    BOOST_TEST(does({"key", "show", key_id()}).at("roles").as_array().empty());
}

BOOST_AUTO_TEST_CASE(the_commands_make_show_and_list_them) {
    const auto editor = make_role("editor", "pages.read");
    const auto biller = make_role("biller", "billing.read,billing.write");
    const auto made = does({"key", "create", "--organization", "acme", "--name", "k", "--roles",
                            "editor,biller,editor"});
    BOOST_TEST(boost::json::serialize(made.at("roles")) == R"(["biller","editor"])");
    const auto with_roles = std::string(made.at("api_key").as_string());
    BOOST_TEST(code_of(one->ask(verify(question_of(
                   with_roles, permissions("pages.read AND billing.write"))))) == "VALID");
    BOOST_TEST(one->command({"key", "create", "--organization", "acme", "--name", "k", "--roles",
                             "editor,nobody"})
                   .exit_code == 64);

    does({"device", "register", "--organization", "acme", "--name", "d", "--id", "door"});
    does({"role", "grant", editor, "--device", "door"});
    BOOST_TEST(boost::json::serialize(does({"device", "show", "door"}).at("roles")) ==
               R"(["editor"])");
    const auto listed = does({"role", "list", "--organization", "acme"}).at("roles").as_array();
    BOOST_TEST(listed.size() == 2u);
    const auto shown = does({"role", "show", editor});
    BOOST_TEST(shown.at("keys").as_int64() == 1);
    BOOST_TEST(shown.at("devices").as_int64() == 1);
    const auto page = does({"role", "grants", editor, "--limit", "1"});
    BOOST_TEST(page.at("grants").as_array().size() == 1u);
    const auto rest = does(
        {"role", "grants", editor, "--cursor", std::string(page.at("next_cursor").as_string())});
    BOOST_TEST(rest.at("grants").as_array().at(0).at("device_id").as_string() == "door");

    // What is refused, and why.
    one->create_organization("other");
    const auto others_key = one->create_key("other");
    const auto others_id =
        std::string(one->ask(verify(question_of(others_key))).json().at("key_id").as_string());
    struct {
        std::vector<std::string> words;
        const char* why;
    } const cases[] = {
        {{"role", "grant", editor, "--key", others_id}, "the role's organization has no key"},
        {{"role", "grant", "role_none", "--device", "door"}, "there is no role"},
        {{"role", "grant", editor}, "give one of --key and --device"},
        {{"role", "create", "--organization", "acme", "--name", "editor"},
         "the organization has a role of this name already"},
        {{"role", "create", "--organization", "nowhere", "--name", "editor"},
         "there is no organization"},
        {{"role", "create", "--organization", "acme", "--name", "a b"}, "field \"name\" must"},
        {{"role", "update", editor, "--scopes", "latchkey:verify"}, "must not hold scopes"},
        {{"role", "update", editor, "--name", "biller"},
         "the organization has a role of this name already"},
    };
    for (const auto& c : cases) {
        const auto done = one->command(c.words);
        BOOST_TEST_CONTEXT(done.err) {
            BOOST_TEST(done.exit_code == 64);
            BOOST_TEST(done.err.find(c.why) != std::string::npos);
        }
    }
    // Scopes that would make a caller are no wildcard's to give.
    const auto all = make_role("all", "*");
    does({"role", "grant", all, "--key", key_id()});
    BOOST_TEST(code_of(one->ask(verify(question_of(key, permissions("anything.at:all"))))) ==
               "VALID");
    BOOST_TEST(code_of(one->ask(verify(question_of(key, permissions("latchkey:admin:write"))))) ==
               "INSUFFICIENT_SCOPES");
}

BOOST_AUTO_TEST_SUITE_END()
