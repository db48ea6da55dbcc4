// An older node goes on serving beside a schema that is newer than it knows, and agrees with the
// nodes of today. Without LATCHKEY_PREVIOUS_BINARY (tests/long builds the commit that
// tests/upgrade/previous names), the program of today plays the older one.
#include "issuing_nodes.hpp"

#include <cstdlib>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

// What a later minor version may add: columns with defaults, tables, a migration's record.
constexpr const char* of_tomorrow =
    "alter table latchkey.api_keys add column of_tomorrow text not null default 'x';"
    "alter table public.device_credentials add column of_tomorrow integer;"
    "create table latchkey.of_tomorrow (id text primary key);"
    "insert into latchkey.schema_migrations (version, name, checksum)"
    " values (9999, '9999_of_tomorrow', repeat('0', 64))";

struct fleet {
    fleet() {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
        if (const char* program = std::getenv("LATCHKEY_PREVIOUS_BINARY")) previous = program;
        const auto migrated = run({previous, "migrate", "--set", "admin.socket=/none"},
                                  {"LATCHKEY_DATABASE__URI=" + database.uri()});
        BOOST_REQUIRE_MESSAGE(migrated.exit_code == 0, migrated.err);
    }
    std::unique_ptr<server_process> start(const std::string& program) {
        return issuing_node(database.uri(), folder.file("kek"), program);
    }
    bool says_of_key(const server_process& node, const std::string& key, const std::string& code) {
        return soon([&] { return code_of(node.ask(verify(question_of(key)))) == code; });
    }
    std::string key_id_of(const server_process& node, const std::string& key) {
        return std::string(node.ask(verify(question_of(key))).json().at("key_id").as_string());
    }

    const temporary_folder folder;
    test_database database;
    std::string previous = latchkey_binary();
};

} // namespace

BOOST_AUTO_TEST_SUITE(previous_release)

BOOST_FIXTURE_TEST_CASE(it_serves_beside_a_newer_schema_and_the_nodes_agree, fleet) {
    const auto old = start(previous);
    const auto organization = old->create_organization();
    const auto key = old->create_key(organization);
    const auto token = nodes::issue(*old, key);

    // The upgrade begins while the old node serves.
    database.migrate();
    database.exec(of_tomorrow);
    BOOST_TEST(says_of_key(*old, key, "VALID"));
    BOOST_TEST(nodes::becomes(*old, token, "VALID"));
    const auto current = start("");
    BOOST_TEST(says_of_key(*current, key, "VALID"));
    BOOST_TEST(nodes::becomes(*current, token, "VALID"));

    // Each obeys what the other's operators do, and judges the other's tokens.
    const auto of_current = current->create_key(organization);
    const auto token_of_current = nodes::issue(*current, of_current);
    BOOST_TEST(says_of_key(*old, of_current, "VALID"));
    BOOST_TEST(nodes::becomes(*old, token_of_current, "VALID"));
    BOOST_TEST(current->command({"key", "revoke", key_id_of(*current, key)}).exit_code == 0);
    BOOST_TEST(says_of_key(*old, key, "REVOKED"));
    BOOST_TEST(nodes::becomes(*old, token, "REVOKED"));
    BOOST_TEST(old->command({"key", "revoke", key_id_of(*old, of_current)}).exit_code == 0);
    BOOST_TEST(says_of_key(*current, of_current, "REVOKED"));
    BOOST_TEST(nodes::becomes(*current, token_of_current, "REVOKED"));

    // The downgrade: an old node starts on the newer schema.
    const auto again = start(previous);
    const auto last = again->create_key(organization);
    for (const auto* node : {old.get(), again.get(), current.get()})
        BOOST_TEST(says_of_key(*node, last, "VALID"));
    BOOST_TEST(code_of(again->ask(verify(question_of(key)))) == "REVOKED");
}

BOOST_AUTO_TEST_SUITE_END()
