// The admin endpoints over TCP, for callers that have the scopes.
#include "cached_keys.hpp"
#include "device_server.hpp"

#include <boost/json/array.hpp>

#include <vector>

using namespace latchkey::test;

namespace {

std::string by(const std::string& key) {
    return "X-Latchkey-Key: " + key + "\r\n";
}

struct remote {
    migrated_database database;
    reserved_port port;
    server_process server;

    remote()
        : server(database.uri(), "", "",
                 {"LATCHKEY_ADMIN__LISTEN=127.0.0.1:" + std::to_string(port.number()),
                  "LATCHKEY_ADMIN__WRONG_KEYS_MAX=3"}) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        server.create_organization("ours");
        server.create_organization("theirs");
    }
    answer ask(const std::string& bytes) const { return client(port.number()).ask(bytes); }
    std::string key_with(const std::string& scopes, const std::string& of = "ours") const {
        return server.create_key(of, {"--scopes", scopes});
    }
    double callers_that_were(const std::string& result) const {
        return metric(server, "auth_callers_total{result=\"" + result + "\"}");
    }
    std::string id_of(const std::string& key) {
        return database.value("select key_id from latchkey.api_keys where key_hash = sha256('" +
                              key + "')");
    }
};

std::string make_key(const std::string& by_key, const std::string& organization,
                     const std::string& scopes) {
    return post("/admin/v1/api-keys",
                R"({"organization_id":")" + organization + R"(","name":"n","scopes":[)" + scopes +
                    "]}",
                by(by_key));
}

} // namespace

BOOST_AUTO_TEST_SUITE(admin_over_tcp)

BOOST_AUTO_TEST_CASE(a_caller_is_told_who_it_is_and_held_to_it) {
    remote w;
    BOOST_TEST(w.ask(get("/admin/v1/status")).status == 401);
    const auto reader = w.key_with("latchkey:admin:read:*");
    const auto who = w.ask(get("/admin/v1/caller", by(reader)));
    BOOST_TEST(who.status == 200);
    BOOST_TEST(who.json().at("kind").as_string() == "api_key");
    BOOST_TEST(who.json().at("organization_id").as_string() == "ours");
    BOOST_TEST(who.json().at("key_id").as_string() == w.id_of(reader));
    BOOST_TEST(who.json().at("scopes").as_array().size() == 1u);
    BOOST_TEST(w.ask(get("/admin/v1/nodes", by(reader))).status == 200);
    BOOST_TEST(w.ask(make_key(reader, "ours", "")).status == 403);
    const auto plain = w.key_with("read");
    BOOST_TEST(w.ask(get("/admin/v1/nodes", by(plain))).status == 403);
    BOOST_TEST(w.callers_that_were("unknown") == 1);
    BOOST_TEST(w.callers_that_were("admitted") == 2);
    BOOST_TEST(w.callers_that_were("forbidden") == 2);
    // At the socket, an operator.
    const auto operator_ = client(w.server.admin_socket()).ask(get("/admin/v1/caller"));
    BOOST_TEST(operator_.json().at("kind").as_string() == "socket");
    BOOST_TEST(operator_.json().at("scopes").as_array().size() > 10u);
}

BOOST_AUTO_TEST_CASE(a_caller_of_one_organization_keeps_to_it) {
    remote w;
    const auto ours = w.key_with("latchkey:admin:read,latchkey:admin:write,latchkey:verify");
    const auto their_key = w.server.create_key("theirs");
    const auto our_key = w.server.create_key("ours");
    const auto strong = w.key_with("latchkey:issue");
    BOOST_TEST(w.ask(make_key(ours, "ours", R"("read")")).status == 201);
    BOOST_TEST(w.ask(make_key(ours, "theirs", R"("read")")).status == 404);
    BOOST_TEST(w.ask(make_key(ours, "none", R"("read")")).status == 404);
    // It gives what it holds, and nothing else.
    const auto made = w.ask(make_key(ours, "ours", R"("latchkey:verify","read")"));
    BOOST_TEST(made.status == 201);
    BOOST_TEST(made.json().at("scopes").as_array().size() == 2u);
    for (const auto* more :
         {R"("latchkey:issue")", R"("latchkey:verify:*")", R"("latchkey:metrics")"})
        BOOST_TEST(w.ask(make_key(ours, "ours", more)).status == 403);
    BOOST_TEST(w.ask(make_key(ours, "ours", R"("latchkey:nonsense")")).status == 422);

    const auto revoke = [&](const std::string& id) {
        return w.ask(post("/admin/v1/api-keys/" + id + "/revoke", "{}", by(ours)));
    };
    const auto foreign = revoke(w.id_of(their_key));
    BOOST_TEST(foreign.status == 404);
    BOOST_TEST(foreign.json().at("detail").as_string() ==
               "there is no key \"" + w.id_of(their_key) + '"');
    BOOST_TEST(revoke("key_none").status == 404);
    BOOST_TEST(revoke(w.id_of(our_key)).status == 200);
    BOOST_TEST(revoke(w.id_of(strong)).status == 200); // to end it gives nobody anything
    for (const auto* path : {"/admin/v1/nodes", "/admin/v1/signing-keys", "/admin/v1/status"})
        BOOST_TEST(w.ask(get(path, by(ours))).status == 403);
    const auto tokens_of = [&](const std::string& field, const std::string& value) {
        return w
            .ask(
                post("/admin/v1/revocations", R"({")" + field + R"(":")" + value + "\"}", by(ours)))
            .status;
    };
    BOOST_TEST(tokens_of("organization_id", "ours") == 201);
    BOOST_TEST(tokens_of("organization_id", "theirs") == 404);
    BOOST_TEST(tokens_of("subject", w.id_of(our_key)) == 201);
    BOOST_TEST(tokens_of("subject", w.id_of(their_key)) == 404);
    BOOST_TEST(tokens_of("subject", "nobody") == 404);
    BOOST_TEST(tokens_of("token_id", "t") == 403);
    const auto listed = w.ask(get("/admin/v1/revocations", by(ours)));
    BOOST_TEST(listed.status == 200);
    BOOST_TEST(listed.body.find("theirs") == std::string::npos);
    BOOST_TEST(listed.body.find("ours") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_address_has_a_quarter_of_the_connections) {
    remote w;
    const auto reader = w.key_with("latchkey:admin:read:*");
    // Whoever proves nothing keeps none.
    for (const auto& fields : {std::string(), by("wrong")}) {
        client stranger(w.port.number());
        BOOST_TEST(stranger.ask(get("/admin/v1/status", fields)).status == 401);
        BOOST_TEST(stranger.closed());
    }
    std::vector<client> open; // of admin.connections_max, 64
    for (int n = 0; n < 16; ++n) {
        open.emplace_back(w.port.number());
        BOOST_TEST(open.back().ask(get("/admin/v1/caller", by(reader))).status == 200);
    }
    BOOST_TEST(client(w.port.number()).closed());
    BOOST_TEST(client(w.port.number(), 2).ask(get("/admin/v1/caller", by(reader))).status == 200);
    BOOST_TEST(open.front().ask(get("/admin/v1/caller", by(reader))).status == 200);
}

BOOST_AUTO_TEST_CASE(wrong_keys_are_few) {
    remote w;
    const auto reader = w.key_with("latchkey:admin:read:*");
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(w.ask(get("/admin/v1/status", by("wrong-" + std::to_string(i)))).status == 401);
    const auto refused = w.ask(get("/admin/v1/status", by("wrong")));
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(!refused.field("Retry-After").empty());
    // Nor can the right one be told then.
    BOOST_TEST(w.ask(get("/admin/v1/status", by(reader))).status == 429);
    BOOST_TEST(w.callers_that_were("unknown") == 3);
    BOOST_TEST(w.callers_that_were("limited") == 2);
    BOOST_TEST(w.callers_that_were("admitted") == 0);
    BOOST_TEST(client(w.server.admin_socket()).ask(get("/admin/v1/status")).status == 200);
}

// A caller of one organization makes, grants and sees the roles of that one alone.
BOOST_AUTO_TEST_CASE(roles_of_others_are_not_there) {
    remote w;
    const auto admin = w.key_with("latchkey:admin:write,latchkey:admin:read");
    const auto boss = w.key_with("latchkey:admin:write:*,latchkey:admin:read:*");
    const auto ours = w.id_of(w.key_with("read"));
    const auto theirs = w.id_of(w.key_with("read", "theirs"));
    const auto make = [&](const std::string& who, const std::string& organization) {
        return w.ask(
            post("/admin/v1/roles",
                 R"({"organization_id":")" + organization + R"(","name":"editor","scopes":["a"]})",
                 by(who) + "Idempotency-Key: of-" + organization + "\r\n"));
    };
    const auto made = make(admin, "ours");
    BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
    const auto role = std::string(made.json().at("role_id").as_string());
    const auto again = make(admin, "ours");
    BOOST_TEST(again.status == 201);
    BOOST_TEST(again.field("Idempotent-Replayed") == "true");
    BOOST_TEST(again.json().at("role_id").as_string() == role);
    BOOST_TEST(make(admin, "theirs").status == 404);
    const auto other = make(boss, "theirs");
    BOOST_REQUIRE(other.status == 201);
    const auto their_role = std::string(other.json().at("role_id").as_string());

    const auto at = [](const std::string& id, const std::string& more = {}) {
        return "/admin/v1/roles/" + id + more;
    };
    const auto of_key = [](const std::string& id) { return R"({"key_id":")" + id + "\"}"; };
    BOOST_TEST(w.ask(get(at(role), by(admin))).status == 200);
    BOOST_TEST(w.ask(post(at(role, "/grant"), of_key(ours), by(admin))).status == 200);
    BOOST_TEST(w.ask(post(at(role, "/grant"), of_key(theirs), by(admin))).status == 404);
    BOOST_TEST(w.ask(post(at(role, "/grant"), of_key(theirs), by(boss))).status == 404);
    const auto grants = w.ask(get(at(role, "/grants"), by(admin)));
    BOOST_TEST(grants.json().at("grants").as_array().size() == 1u);
    BOOST_TEST(w.ask(get(at(their_role), by(admin))).status == 404);
    BOOST_TEST(w.ask(get(at(their_role, "/grants"), by(admin))).status == 404);
    BOOST_TEST(w.ask(post(at(their_role, "/grant"), of_key(ours), by(admin))).status == 404);
    BOOST_TEST(w.ask(post(at(their_role, "/ungrant"), of_key(theirs), by(admin))).status == 404);
    const auto roles_seen_by = [&](const std::string& who) {
        return w.ask(get("/admin/v1/roles", by(who))).json().at("roles").as_array().size();
    };
    BOOST_TEST(roles_seen_by(admin) == 1u);
    BOOST_TEST(roles_seen_by(boss) == 2u);
    // Another caller's scope is no role's to give.
    BOOST_TEST(w.ask(post("/admin/v1/roles",
                          R"({"organization_id":"ours","name":"x","scopes":["latchkey:verify"]})",
                          by(boss)))
                   .status == 422);
    // Nor does a role with a "*" make a caller.
    BOOST_TEST(w.ask(post("/admin/v1/roles",
                          R"({"organization_id":"ours","name":"all","scopes":["*"]})", by(admin)))
                   .status == 201);
    const auto plain = w.key_with("*");
    BOOST_TEST(w.ask(get("/admin/v1/roles", by(plain))).status == 403);
    const auto with_role =
        w.ask(post("/admin/v1/api-keys", R"({"organization_id":"ours","name":"n","roles":["all"]})",
                   by(admin)));
    BOOST_REQUIRE(with_role.status == 201);
    const auto everything = std::string(with_role.json().at("api_key").as_string());
    BOOST_TEST(w.ask(get("/admin/v1/roles", by(everything))).status == 403);
}

BOOST_AUTO_TEST_SUITE_END()
