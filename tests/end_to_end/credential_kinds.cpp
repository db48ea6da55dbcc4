// A key and a device with the same id, and names that nobody has, as operators and the older
// service meet them. With LATCHKEY_OLD_BINARY, an older program that does not distinguish
// credentials by kind serves beside this one.
#include "issuing_nodes.hpp"

#include <boost/json/parse.hpp>

#include <cstdlib>
#include <fstream>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

std::string key_id_of(test_database& database) {
    return database.value("select key_id from latchkey.api_keys");
}
const std::string device_secret = "a secret of the older service";

std::string token_of_device(const server_process& node, const std::string& id) {
    std::string token;
    BOOST_TEST(soon([&] {
        token = token_of(node.ask(
            post("/api/v1/auth/generate-token",
                 R"({"device_id":")" + id + R"(","device_secret":")" + device_secret + "\"}")));
        return !token.empty();
    }));
    return token;
}

// Acts as the older service, with its rights only.
struct older_service {
    explicit older_service(test_database& all) : database(all) {
        role = database.make_role();
        database.exec("grant usage on schema public to " + role +
                      "; grant select, insert, update, delete on public.device_credentials to " +
                      role);
        writer = std::make_unique<session>(database.uri(role));
    }
    ~older_service() {
        writer.reset();
        database.exec("drop owned by " + role);
    }
    void add_device(const std::string& id) {
        writer->exec("insert into public.device_credentials (device_id, device_secret,"
                     " organization_id) select '" +
                     id + "', 'sha256:' || encode(sha256('" + device_secret + "'), 'hex'), '" +
                     organization + "'");
    }
    void drop_device(const std::string& id) {
        writer->exec("delete from public.device_credentials where device_id = '" + id + "'");
    }
    test_database& database;
    std::string organization;
    std::string role;
    std::unique_ptr<session> writer;
};

struct two_nodes {
    two_nodes() {
        organization = service.organization = a->create_organization();
        key = a->create_key(organization);
        token = nodes::issue(*a, key);
        key_id = key_id_of(all.database);
        BOOST_REQUIRE(nodes::becomes(*b, token, "VALID"));
    }
    void expect(const std::string& of, const std::string& code) const {
        for (const auto* node : {a.get(), b.get()})
            BOOST_TEST(nodes::becomes(*node, of, code));
    }

    issuing_nodes all;
    std::unique_ptr<server_process> a = all.start();
    std::unique_ptr<server_process> b = all.start();
    older_service service{all.database};
    std::string organization, key, token, key_id;
};

} // namespace

BOOST_AUTO_TEST_SUITE(credential_kinds)

BOOST_FIXTURE_TEST_CASE(a_device_with_the_id_of_a_revoked_key_restores_no_token, two_nodes) {
    BOOST_REQUIRE(a->command({"key", "revoke", key_id}).exit_code == 0);
    expect(token, "REVOKED");
    service.add_device(key_id);
    const auto of_device = token_of_device(*a, key_id);
    expect(of_device, "VALID");
    expect(token, "REVOKED");
    BOOST_TEST(a->command({"device", "revoke", key_id}).exit_code == 0);
    BOOST_TEST(code_of(a->ask(ask_about(of_device))) == "REVOKED");
    expect(of_device, "REVOKED");
    expect(token, "REVOKED");
    // A node that starts now knows this from the beginning.
    const auto c = all.start();
    for (const auto& one : {token, of_device})
        BOOST_TEST(code_of(c->ask(ask_about(one))) == "REVOKED");
}

BOOST_FIXTURE_TEST_CASE(a_device_that_goes_takes_no_keys_token_along, two_nodes) {
    service.add_device(key_id);
    const auto of_device = token_of_device(*a, key_id);
    expect(of_device, "VALID");
    service.drop_device(key_id);
    expect(of_device, "REVOKED");
    expect(token, "VALID");
    const auto c = all.start();
    BOOST_TEST(code_of(c->ask(ask_about(of_device))) == "REVOKED");
    BOOST_TEST(code_of(c->ask(ask_about(token))) == "VALID");
    const auto listed = a->command({"revocation", "list", "--json"});
    BOOST_TEST(listed.out.find(R"("credential_kind":"device")") != std::string::npos, listed.out);
}

BOOST_FIXTURE_TEST_CASE(an_id_that_clashes_is_not_made, two_nodes) {
    const auto refused = a->command(
        {"device", "register", "--organization", organization, "--name", "Door", "--id", key_id});
    BOOST_TEST(refused.exit_code == 64);
    BOOST_TEST(refused.err.find("API key with the id") != std::string::npos, refused.err);
    const auto file = all.folder.file("devices.jsonl");
    const auto line = [&](const std::string& id) {
        return R"({"device_id":")" + id + R"(","device_secret":"sha256:)" + std::string(64, 'a') +
               R"(","organization_id":")" + organization + "\"}\n";
    };
    std::ofstream(file) << line(key_id) << line("another");
    const auto imported = a->command({"device", "import", file});
    BOOST_TEST((imported.out + imported.err).find("API key with the id") != std::string::npos,
               imported.out + imported.err);
    BOOST_TEST(all.database.value("select string_agg(device_id, ' ')"
                                  " from public.device_credentials") == "another");
}

BOOST_AUTO_TEST_CASE(a_revocation_of_nobody_is_refused_unless_it_is_forced) {
    nodes all;
    const auto node = all.start();
    const auto organization = node->create_organization();
    const auto create = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"revocation", "create", "--yes"});
        return node->command(std::move(words));
    };
    const std::string name = "https://issuer.example";
    const std::vector<std::vector<std::string>> nobodys = {
        {"--subject", "s", "--issuer", name},
        {"--token", "t", "--issuer", name},
        {"--organization", organization + "x"},
        {"--subject", "auth0|7"},
    };
    for (auto words : nobodys) {
        BOOST_TEST_CONTEXT(words[0] << ' ' << words[1]) {
            const auto refused = create(words);
            BOOST_TEST(refused.exit_code == 64);
            BOOST_TEST(refused.err.find("known here") != std::string::npos, refused.err);
            BOOST_TEST(refused.err.find("--force") != std::string::npos, refused.err);
        }
    }
    const auto near = create({"--organization", organization + "x"});
    BOOST_TEST(near.err.find("did you mean \"" + organization + "\"") != std::string::npos,
               near.err);
    BOOST_TEST(all.database.value("select count(*) from latchkey.revocations") == "0");
    for (auto words : nobodys) {
        words.push_back("--force");
        BOOST_TEST(create(words).exit_code == 0);
    }
    BOOST_TEST(all.database.value("select count(*) from latchkey.revocations") == "4");
    BOOST_TEST(create({"--subject", "s", "--issuer", "latchkey"}).exit_code == 64);
    BOOST_TEST(create({"--token", "t", "--issuer", "latchkey"}).exit_code == 0);
    BOOST_TEST(create({"--organization", organization}).exit_code == 0);

    // Once the configuration names the issuer, it is known.
    std::ofstream(all.folder.file("secret")) << std::string(64, 's');
    std::ofstream(node->config(), std::ios::app)
        << "[[issuers]]\nissuer = \"" << name << "\"\nany_audience = true\nsecret_file = \""
        << all.folder.file("secret") << "\"\n";
    const auto reloaded = node->command({"reload"});
    BOOST_REQUIRE_MESSAGE(reloaded.exit_code == 0, reloaded.err);
    BOOST_TEST(create({"--subject", "s2", "--issuer", name}).exit_code == 0);
    const auto slash = create({"--subject", "s2", "--issuer", name + "/"});
    BOOST_TEST(slash.err.find("did you mean \"" + name + "\"") != std::string::npos, slash.err);
}

// --- Beside a program that knows credentials only by their ids ---

namespace {

// The state before an upgrade: the old schema, an old node, and a token that it issued.
struct mixed_fleet {
    mixed_fleet() : old_program(std::getenv("LATCHKEY_OLD_BINARY")) {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
        const auto migrated = run({old_program, "migrate", "--set", "admin.socket=/none"},
                                  {"LATCHKEY_DATABASE__URI=" + database.uri()});
        if (migrated.exit_code != 0) throw std::runtime_error(migrated.err);
        old = start(old_program);
        organization = old->create_organization();
        key = old->create_key(organization);
        key_id = key_id_of(database);
        token = nodes::issue(*old, key);
    }
    std::unique_ptr<server_process> start(const std::string& program = {}) {
        return issuing_node(database.uri(), folder.file("kek"), program);
    }
    void upgrade() {
        database.migrate();
        current = start();
    }
    /// Expects the code on both nodes.
    void expect(const std::string& of, const std::string& code) {
        BOOST_TEST(nodes::becomes(*old, of, code), "the old node");
        BOOST_TEST(nodes::becomes(*current, of, code), "the new node");
    }
    void expect_reading(const server_process& node) {
        BOOST_TEST(metric(node, "auth_feed_age_seconds") < 5);
        BOOST_TEST(node.log().find("cannot be read") == std::string::npos, node.log());
    }

    const std::string old_program;
    const temporary_folder folder;
    test_database database;
    std::unique_ptr<server_process> old, current;
    std::string organization, key, key_id, token;
};

boost::test_tools::assertion_result is_there(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result out(std::getenv("LATCHKEY_OLD_BINARY") != nullptr);
    out.message() << "LATCHKEY_OLD_BINARY is not set (tests/long sets it)";
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(an_older_program_reads_all_that_is_told_and_errs_on_the_safe_side,
                     *boost::unit_test::precondition(is_there)) {
    mixed_fleet fleet;
    // The old node goes on serving while the schema changes.
    fleet.upgrade();
    older_service service(fleet.database);
    service.organization = fleet.organization;
    fleet.expect(fleet.token, "VALID");
    const auto newer = nodes::issue(*fleet.current, fleet.key);
    fleet.expect(newer, "VALID");

    // The old node's tokens name no kind, so they end with either the key or the device.
    service.add_device(fleet.key_id);
    const auto of_device = token_of_device(*fleet.current, fleet.key_id);
    fleet.expect(of_device, "VALID");
    service.drop_device(fleet.key_id);
    fleet.expect(of_device, "REVOKED");
    fleet.expect(fleet.token, "REVOKED");
    BOOST_TEST(nodes::becomes(*fleet.current, newer, "VALID"));
    BOOST_TEST(nodes::becomes(*fleet.old, newer, "REVOKED"));

    // The key is revoked as well, and the device is back: for the old node the id stays revoked.
    BOOST_TEST(fleet.old->command({"key", "revoke", fleet.key_id}).exit_code == 0);
    fleet.expect(newer, "REVOKED");
    service.add_device(fleet.key_id);
    BOOST_TEST(nodes::becomes(*fleet.current, of_device, "VALID"));
    for (const auto& one : {fleet.token, newer})
        fleet.expect(one, "REVOKED");
    BOOST_TEST(code_of(fleet.old->ask(ask_about(of_device))) == "REVOKED");

    // An old node that starts now finds the revocation in the table.
    const auto late = fleet.start(fleet.old_program);
    for (const auto& one : {fleet.token, newer, of_device})
        BOOST_TEST(code_of(late->ask(ask_about(one))) == "REVOKED");
    fleet.expect_reading(*late);

    // Neither is revoked any more.
    fleet.database.exec("update latchkey.api_keys set revoked_at = null, revoked_reason = null");
    for (const auto& one : {fleet.token, newer, of_device}) {
        fleet.expect(one, "VALID");
        BOOST_TEST(nodes::becomes(*late, one, "VALID"));
    }
    for (const auto* node : {fleet.old.get(), fleet.current.get(), late.get()})
        fleet.expect_reading(*node);
}

// Revocations that the old node has stored name no kind, so they hold for both kinds.
BOOST_AUTO_TEST_CASE(what_an_older_program_has_revoked_stays_so,
                     *boost::unit_test::precondition(is_there)) {
    mixed_fleet fleet;
    BOOST_REQUIRE(fleet.old->command({"key", "revoke", fleet.key_id}).exit_code == 0);
    fleet.upgrade();
    fleet.expect(fleet.token, "REVOKED");
    older_service service(fleet.database);
    service.organization = fleet.organization;
    service.add_device(fleet.key_id);
    const auto of_device = token_of_device(*fleet.current, fleet.key_id);
    BOOST_TEST(nodes::becomes(*fleet.current, of_device, "VALID"));
    fleet.expect(fleet.token, "REVOKED");
    // The old program's commands go on working on the new schema.
    BOOST_TEST(fleet.old->command({"revocation", "create", "--token", "t"}).exit_code == 0);
    BOOST_TEST(
        fleet.old->command({"key", "create", "--organization", fleet.organization, "--name", "n"})
            .exit_code == 0);
    const auto clash =
        fleet.old->command({"device", "register", "--organization", fleet.organization, "--name",
                            "n", "--id", key_id_of(fleet.database)});
    BOOST_TEST(clash.exit_code == 64);
    fleet.expect_reading(*fleet.old);
}

BOOST_AUTO_TEST_SUITE_END()
