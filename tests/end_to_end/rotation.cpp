// Keys and devices are rotated while they are used, on two nodes; and what narrows them ends the
// tokens that they had, on all nodes.
#include "issuing_nodes.hpp"

#include <atomic>
#include <thread>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

struct two_nodes {
    two_nodes() {
        organization = a->create_organization();
        key = a->create_key(organization, {"--scopes", "r,w"});
        BOOST_REQUIRE(gets_cached(*a, key));
        BOOST_REQUIRE(gets_cached(*b, key));
        id = all.database.value("select key_id from latchkey.api_keys");
    }
    answer ask_admin(const std::string& path, const std::string& body) const {
        return client(a->admin_socket()).ask(post("/admin/v1/" + path, body));
    }
    boost::json::object rotate(const std::string& body = "{}") const {
        const auto made = ask_admin("api-keys/" + id + "/rotate", body);
        BOOST_REQUIRE_MESSAGE(made.status == 200, made.body);
        return made.json();
    }
    std::string code(const server_process& node, const std::string& secret) const {
        return code_of(node.ask(verify(question_of(secret))));
    }
    bool becomes(const server_process& node, const std::string& secret,
                 const std::string& expected) const {
        return soon([&] { return code(node, secret) == expected; });
    }
    std::string sql(const std::string& query) { return all.database.value(query); }

    issuing_nodes all;
    std::unique_ptr<server_process> a = all.start(true, "[use]\nflush_interval = \"1s\"\n");
    std::unique_ptr<server_process> b = all.start(true, "[use]\nflush_interval = \"1s\"\n");
    std::string organization;
    std::string key;
    std::string id;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rotation, two_nodes)

BOOST_AUTO_TEST_CASE(a_rotation_under_use_is_noticed_by_nobody) {
    std::atomic<bool> done{false};
    std::atomic<int> asked{0};
    std::atomic<int> refused{0};
    const auto use = [&](const server_process& node) {
        auto line = node.connect();
        while (!done) {
            refused += code_of(line.ask(verify(question_of(key)))) != "VALID";
            ++asked;
        }
    };
    std::thread on_a([&] { use(*a); });
    std::thread on_b([&] { use(*b); });
    const auto rotated = rotate();
    const std::string next(rotated.at("api_key").as_string());
    BOOST_TEST(rotated.at("key_id").as_string() == id);
    BOOST_TEST(rotated.at("previous").at("until").as_string().ends_with("Z"));
    BOOST_TEST(code(*a, next) == "VALID");
    BOOST_TEST(code(*b, next) == "VALID");
    // The old secret is known as such, and its uses are counted apart.
    BOOST_TEST(soon([&] {
        return sql("select count(*) from latchkey.credential_use where kind = 'previous_api_key'"
                   " and credential_id = '" +
                   id + "' and uses > 0") == "1";
    }));
    done = true;
    on_a.join();
    on_b.join();
    BOOST_TEST(asked > 10);
    BOOST_TEST(refused == 0);

    const auto third = ask_admin("api-keys/" + id + "/rotate", "{}");
    BOOST_TEST(third.status == 409);
    BOOST_TEST(third.body.find("finish") != std::string::npos);

    const auto finished = rotate(R"({"finish":true})");
    BOOST_TEST(finished.at("previous").is_null());
    BOOST_TEST(code(*a, key) == "NOT_FOUND");
    BOOST_TEST(becomes(*b, key, "NOT_FOUND"));
    BOOST_TEST(code(*a, next) == "VALID");
    BOOST_TEST(code(*b, next) == "VALID");
    BOOST_TEST(ask_admin("api-keys/none/rotate", "{}").status == 404);
}

// The node that is told obeys at once, by either secret.
BOOST_AUTO_TEST_CASE(a_revocation_ends_both_secrets) {
    const std::string next(rotate().at("api_key").as_string());
    for (const auto& secret : {key, next}) {
        BOOST_REQUIRE(gets_cached(*a, secret));
        BOOST_REQUIRE(gets_cached(*b, secret));
    }
    BOOST_TEST(ask_admin("api-keys/" + id + "/revoke", "{}").status == 200);
    for (const auto& secret : {key, next}) {
        BOOST_TEST(code(*a, secret) == "REVOKED");
        BOOST_TEST(becomes(*b, secret, "REVOKED"));
    }
    BOOST_TEST(ask_admin("api-keys/" + id + "/rotate", "{}").status == 409);
}

// No change is told when it ends: each node's clock decides.
BOOST_AUTO_TEST_CASE(the_old_secret_ends_by_itself) {
    const std::string next(rotate(R"({"overlap":2})").at("api_key").as_string());
    BOOST_TEST(gets_cached(*b, key));
    const auto changes = sql("select count(*) from latchkey.changes");
    BOOST_TEST(becomes(*a, key, "EXPIRED"));
    BOOST_TEST(becomes(*b, key, "EXPIRED"));
    BOOST_TEST(sql("select count(*) from latchkey.changes") == changes);
    BOOST_TEST(sql("select previous_until <= now() from latchkey.api_keys") == "t");
    BOOST_TEST(code(*b, next) == "VALID");
    // And another rotation needs no finish.
    const std::string last(rotate(R"({"overlap":0})").at("api_key").as_string());
    BOOST_TEST(code(*a, next) == "NOT_FOUND");
    BOOST_TEST(becomes(*b, next, "NOT_FOUND"));
    BOOST_TEST(code(*b, last) == "VALID");
}

BOOST_AUTO_TEST_CASE(what_narrows_a_key_ends_its_tokens_and_no_later_ones) {
    const auto first = nodes::issue(*a, key);
    BOOST_REQUIRE(nodes::becomes(*b, first, "VALID"));
    sql("update latchkey.api_keys set scopes = '{r}' returning 1");
    BOOST_TEST(nodes::becomes(*a, first, "REVOKED"));
    BOOST_TEST(nodes::becomes(*b, first, "REVOKED"));
    // As soon as a node knows the key as it is now, what it issues is good everywhere.
    std::string second;
    BOOST_TEST(soon([&] {
        second = token_of(a->ask(ask_for_token(key)));
        return code_of(a->ask(ask_about(second))) == "VALID";
    }));
    BOOST_TEST(nodes::becomes(*b, second, "VALID"));
    // A node that starts now knows it from its first answer, and another after a crash.
    const auto c = all.start();
    BOOST_TEST(code_of(c->ask(ask_about(first))) == "REVOKED");
    BOOST_TEST(code_of(c->ask(ask_about(second))) == "VALID");
    all.database.exec("delete from latchkey.era");
    BOOST_TEST(soon([&] { return metric(*c, "auth_feed_resumptions_total") >= 1; }));
    BOOST_TEST(nodes::becomes(*c, first, "REVOKED"));
    BOOST_TEST(nodes::becomes(*c, second, "VALID"));
}

BOOST_AUTO_TEST_CASE(a_device_is_rotated_as_a_key_is) {
    const auto registered =
        ask_admin("devices", R"({"organization_id":")" + organization + R"(","name":"d"})").json();
    const std::string device(registered.at("device_id").as_string());
    const std::string old(registered.at("device_secret").as_string());
    const auto code_on = [&](const server_process& node, const std::string& secret) {
        return code_of(node.ask(
            post("/api/v1/auth/authenticate-device",
                 R"({"device_id":")" + device + R"(","device_secret":")" + secret + "\"}")));
    };
    const auto path = "devices/" + device + "/rotate";
    const std::string next(ask_admin(path, "{}").json().at("device_secret").as_string());
    for (const auto* node : {a.get(), b.get()})
        for (const auto& secret : {old, next})
            BOOST_TEST(soon([&] { return code_on(*node, secret) == "VALID"; }));
    BOOST_TEST(ask_admin(path, "{}").status == 409);
    BOOST_TEST(soon([&] {
        return sql("select coalesce(sum(uses), 0) from latchkey.credential_use"
                   " where kind = 'previous_device'") == "2";
    }));
    BOOST_TEST(ask_admin(path, R"({"finish":true})").status == 200);
    BOOST_TEST(code_on(*a, old) == "INVALID_CREDENTIALS");
    BOOST_TEST(soon([&] { return code_on(*b, old) == "INVALID_CREDENTIALS"; }));
    BOOST_TEST(code_on(*b, next) == "VALID");

    // Tokens of a device end as those of a key do.
    const auto order = post("/api/v1/auth/authenticate-device",
                            R"({"device_id":")" + device + R"(","device_secret":")" + next +
                                R"(","issue_token":true})");
    std::string token;
    BOOST_TEST(soon([&] { return !(token = token_of(a->ask(order))).empty(); }));
    BOOST_REQUIRE(nodes::becomes(*b, token, "VALID"));
    all.database.exec("update public.device_credentials set status = 'off';"
                      "update public.device_credentials set status = 'active'");
    BOOST_TEST(nodes::becomes(*a, token, "REVOKED"));
    BOOST_TEST(nodes::becomes(*b, token, "REVOKED"));
    BOOST_TEST(soon([&] {
        token = token_of(a->ask(order));
        return !token.empty() && code_of(a->ask(ask_about(token))) == "VALID";
    }));
    BOOST_TEST(nodes::becomes(*b, token, "VALID"));
}

BOOST_AUTO_TEST_SUITE_END()
