// The server's role needs no more rights than the manual grants, and the server says which are
// missing.
#include "cached_keys.hpp"

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(rights)

BOOST_AUTO_TEST_CASE(a_role_with_what_is_granted_serves_and_one_without_says_so) {
    migrated_database database;
    const auto role = database.make_role();
    const auto grant = [&](const std::string& what) {
        database.exec("grant " + what + " to " + role);
    };
    grant("usage on schema public, latchkey");
    grant("select on all tables in schema latchkey");
    grant("select, insert, update (name, status) on public.organizations");
    grant("insert, update on latchkey.api_keys");
    grant("select on public.device_credentials");
    grant("execute on function latchkey.trigger_problem()");
    server_process server(database.uri(role));
    // The feed needs the rights to note how far it was read, and to begin an era.
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    BOOST_TEST(soon([&] {
        return server.command({"status", "--json"}).out.find("denied for table nodes") !=
               std::string::npos;
    }));
    BOOST_TEST(server.ask(get("/health")).body.find("nodes") == std::string::npos);
    grant("insert, update, delete on latchkey.nodes");
    grant("insert on latchkey.era");
    grant("delete on latchkey.changes");
    grant("update on latchkey.feed_state");
    grant("insert on latchkey.eras");
    grant("insert, update, delete on latchkey.idempotency_keys");
    grant("execute on function latchkey.prune_changes(interval, interval)");
    // These are for roles.
    grant("insert, update, delete on latchkey.roles");
    grant("insert, delete on latchkey.role_grants");
    // These are for devices, and for the last use of credentials.
    grant("insert, update on public.device_credentials");
    grant("execute on function latchkey.import_devices(jsonb)");
    grant("insert, update on latchkey.credential_use, latchkey.usage_by_day");
    grant("insert on latchkey.credit_accounts");
    grant("execute on function latchkey.lease_credits, latchkey.settle_credit_leases,"
          " latchkey.set_credits, latchkey.add_credits, latchkey.remove_credits,"
          " latchkey.prune_usage");
    // These are for keys that come from elsewhere.
    grant("execute on function latchkey.import_api_keys(jsonb, boolean)");
    grant("execute on function latchkey.adopt_api_keys(text, text, integer, boolean)");
    // These are for revocations of tokens, and for our signing keys.
    grant("insert, update, delete on latchkey.revocations");
    grant("insert, update on latchkey.signing_keys");
    grant("delete on latchkey.credential_use");
    grant("execute on function latchkey.add_signing_key(text, text, json, bytea, text, boolean, "
          "timestamptz)");
    grant("execute on function latchkey.promote_signing_key(text, interval)");
    grant("execute on function latchkey.retire_signing_key(text, interval)");
    grant("execute on function latchkey.rotate_signing_key(text, text, json, bytea, text, boolean, "
          "interval)");
    // These are for the audit trail.
    grant("execute on function latchkey.keep_audit_events(interval)");
    grant("execute on function latchkey.audit_state()");
    grant("execute on function latchkey.record_event(text, text, text, text, jsonb, jsonb)");
    // These are for what a fail-over loses.
    grant("execute on function latchkey.reassert(text, text[], text, jsonb)");
    grant("execute on function latchkey.lease");
    grant("execute on function latchkey.leave_era(text)");
    grant("execute on function latchkey.lift_hold(text, text, text)");
    grant("execute on function latchkey.accept_database()");
    BOOST_TEST(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    BOOST_TEST(gets_cached(server, key));
    const auto id = database.value("select key_id from latchkey.api_keys");
    client operator_(server.admin_socket());
    const auto revoked = operator_.ask(
        post("/admin/v1/api-keys/" + id + "/revoke?wait=all", "{}", "Idempotency-Key: once\r\n"));
    BOOST_TEST(revoked.status == 200);
    BOOST_TEST(revoked.body.find("\"complete\":true") != std::string::npos);
    BOOST_TEST(revoked.body.find("\"receipt\":\"") != std::string::npos);
    BOOST_TEST(code_of(server.ask(verify(question_of(key)))) == "REVOKED");
    BOOST_TEST(soon([&] { return database.value("select count(*) from latchkey.nodes") == "1"; }));
    const auto holder = server.create_key(server.create_organization("acme"));
    const auto does = [&](std::vector<std::string> words) {
        const auto done = server.command(std::move(words));
        BOOST_TEST_INFO(done.err);
        BOOST_TEST(done.exit_code == 0);
        return done.out;
    };
    const auto made = does({"role", "create", "--organization", "acme", "--name", "r", "--quiet"});
    const auto role_id = made.substr(0, made.find('\n'));
    const auto holder_id =
        database.value("select key_id from latchkey.api_keys" + whose_hash_is_of(holder));
    does({"role", "grant", role_id, "--key", holder_id});
    does({"role", "update", role_id, "--scopes", "a"});
    does({"role", "ungrant", role_id, "--key", holder_id});
    does({"role", "delete", role_id});
    // After a restart the server has no complaints.
    server_process again(database.uri(role));
    BOOST_TEST(again.wait_for("/readyz", 200));
    BOOST_TEST(soon([&] { return metric(again, "auth_feed_polls_total") >= 3; }));
    BOOST_TEST(again.ask(get("/health")).body.find("failing") == std::string::npos);
    BOOST_TEST(again.log().find("refuses") == std::string::npos);
    // Nor has the doctor.
    const auto looked = run({latchkey_binary(), "doctor", "--config", again.config(), "--json"});
    BOOST_TEST(looked.out.find("right_missing") == std::string::npos, looked.out);
}

BOOST_AUTO_TEST_SUITE_END()
