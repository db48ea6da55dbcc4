#pragma once
// What holds while the audit trail cannot be written.

#include "cached_keys.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace latchkey::test {

struct change_count {
    std::string keys, organizations, revocations;
    friend bool operator==(const change_count&, const change_count&) = default;
};

/// A server with the organization "acme", a key that it has in its cache, and a database whose
/// trail is damaged meanwhile. `Database`: test_database or session.
template <class Database>
struct witness {
    const server_process& server;
    Database& database;
    std::string key{}, key_id{};

    /// Call it while the trail is good.
    void begin() {
        server.create_organization("acme");
        key = server.create_key("acme");
        key_id = database.value("select key_id from latchkey.api_keys");
        BOOST_REQUIRE(gets_cached(server, key));
        BOOST_TEST(health().find("audit\":{\"status\":\"ok\"") != std::string::npos);
    }
    std::string health() const { return server.ask(get("/health")).body; }
    std::string code() const { return code_of(server.ask(verify(question_of(key)))); }
    answer ask_admin(const std::string& path, const std::string& body) const {
        return client(server.admin_socket()).ask(post("/admin/v1/" + path, body));
    }
    change_count changes() {
        return {database.value("select count(*) || max(xmin::text) from latchkey.api_keys"),
                database.value("select count(*) || max(xmin::text) from public.organizations"),
                database.value("select count(*) from latchkey.revocations")};
    }

    /// Each of Latchkey's own changes is refused with the reason, and changes nothing.
    void own_changes_are_refused() {
        const auto before = changes();
        const auto key_path = "api-keys/" + key_id;
        const std::pair<std::string, std::string> requests[] = {
            {"api-keys", R"({"organization_id":"acme","name":"k"})"},
            {key_path + "/revoke", "{}"},
            {key_path + "/rotate", "{}"},
            {"organizations", R"({"organization_id":"other","name":"o"})"},
            {"revocations", R"({"organization_id":"acme"})"},
            {"devices", R"({"organization_id":"acme","name":"d"})"},
        };
        for (const auto& [path, body] : requests)
            BOOST_TEST_CONTEXT(path) {
                const auto refused = ask_admin(path, body);
                BOOST_TEST(refused.status == 503, refused.body);
                BOOST_TEST(refused.field("Content-Type") == "application/problem+json");
                BOOST_TEST(refused.json().at("code").as_string() == "UNAVAILABLE");
                BOOST_TEST(refused.body.find("latchkey.audit_events") != std::string::npos,
                           refused.body);
            }
        const auto revoked = server.command({"key", "revoke", key_id});
        BOOST_TEST(revoked.exit_code == 69);
        BOOST_TEST(revoked.err.find("audit trail") != std::string::npos, revoked.err);
        // So is what a credential's holder asks for.
        const auto ended = server.ask(post("/api/v1/auth/revoke", R"({"api_key":")" + key + "\"}"));
        BOOST_TEST(ended.status == 503, ended.body);
        BOOST_TEST((changes() == before));
        BOOST_TEST(code() == "VALID");
        BOOST_TEST(server.ask(get("/readyz")).status == 200);
    }

    /// Others' changes succeed and are obeyed. Each record that fails is counted and told.
    void others_changes_are_made(const std::string& sqlstate) {
        const auto failed = [&] {
            return database.value("select failed from latchkey.audit_state()");
        };
        const auto before = std::stoi(failed());
        database.exec(
            "update public.organizations set status = 'off' where organization_id = 'acme'");
        BOOST_TEST(soon([&] { return code() == "ORGANIZATION_DISABLED"; }));
        database.exec("update public.organizations set status = 'active', api_keys = '[{\"key_id\":"
                      "\"arrays\",\"key_hash\":\"" +
                      std::string(64, 'a') + "\"}]' where organization_id = 'acme'");
        BOOST_TEST(soon([&] { return code() == "VALID"; }));
        BOOST_TEST(database.value("select count(*) from latchkey.api_keys where key_id ="
                                  " 'arrays'") == "1");
        // Two of the organization, and one of its key.
        BOOST_TEST(failed() == std::to_string(before + 3));
        BOOST_TEST(database.value("select failed_with from latchkey.audit_state()") == sqlstate);
        BOOST_TEST(soon([&] { return metric(server, "auth_audit_failed_total") == before + 3; }));
        BOOST_TEST(health().find("CHANGES_NOT_RECORDED") != std::string::npos, health());
        BOOST_TEST(server.command({"status", "--json"}).out.find(sqlstate) != std::string::npos);
        BOOST_TEST(server.says("changes are not in the audit trail"));
        BOOST_TEST(server.ask(get("/readyz")).status == 200);
    }

    /// The trail can be written again.
    void own_changes_are_made() {
        const auto count = [&] {
            return database.value("select count(*) from latchkey.audit_events where action ="
                                  " 'api_key.revoke' and object_id = '" +
                                  key_id + "'");
        };
        BOOST_TEST(count() == "0");
        const auto revoked = server.command({"key", "revoke", key_id});
        BOOST_TEST(revoked.exit_code == 0, revoked.err);
        BOOST_TEST(count() == "1");
        BOOST_TEST(soon([&] { return code() == "REVOKED"; }));
    }
};

} // namespace latchkey::test
