// What a database had lost and a node has written back is refused on every node, shown to
// operators, and ended by their word.
#include "issuing_nodes.hpp"

#include <boost/json/parse.hpp>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

struct a_lost_revocation {
    a_lost_revocation() {
        organization = a->create_organization();
        key = a->create_key(organization);
        token = nodes::issue(*a, key);
        BOOST_REQUIRE(nodes::becomes(*b, token, "VALID"));
        key_id = std::string(
            boost::json::parse(a->ask(ask_about(token)).body).at("subject").as_string());
        BOOST_REQUIRE(soon([&] { return code_at(*b) == "VALID"; }));
    }
    // As a node writes it back that has obeyed it in another era.
    void reassert(const std::string& kind, const std::string& id, const std::string& of) const {
        database.exec(
            "select latchkey.reassert('elsewhere', array['gone'], '3:3:', json_build_array("
            "json_build_array('" +
            kind + "', '', '" + id + "', " + of +
            ", null, null, (extract(epoch from now()) * 1000000)::bigint))::jsonb)");
    }
    std::string code_at(const server_process& node) const {
        return code_of(node.ask(verify(question_of(key))));
    }
    bool becomes(const std::string& code) const {
        return soon([&] { return code_at(*a) == code && code_at(*b) == code; });
    }
    outcome accept(std::vector<std::string> words) const {
        words.insert(words.begin(),
                     {latchkey_binary(), "accept-database", "--config", a->config()});
        return run(words);
    }

    issuing_nodes all;
    std::unique_ptr<server_process> a = all.start();
    std::unique_ptr<server_process> b = all.start();
    migrated_database& database = all.database;
    std::string organization;
    std::string key;
    std::string key_id;
    std::string token;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(holds, a_lost_revocation)

BOOST_AUTO_TEST_CASE(a_key_is_refused_until_an_operator_ends_it) {
    reassert("credential", key_id, "'api_key'");
    BOOST_TEST(becomes("REVOKED"));
    BOOST_TEST(nodes::becomes(*b, token, "REVOKED"));
    const auto shown = a->command({"key", "show", key_id, "--json"});
    BOOST_TEST(shown.out.find("\"state\":\"revoked\"") != std::string::npos, shown.out);
    BOOST_TEST(shown.out.find("reasserted") != std::string::npos, shown.out);
    const auto recorded = a->command({"audit", "list", "--json"});
    BOOST_TEST(recorded.out.find("api_key.reasserted") != std::string::npos, recorded.out);
    const auto found = run({latchkey_binary(), "doctor", "--config", a->config()});
    BOOST_TEST(found.out.find("revocations_reasserted") != std::string::npos, found.out);

    const auto listed = accept({"--list", "--json"});
    const auto one = boost::json::parse(listed.out);
    BOOST_TEST(one.at("kind").as_string() == "api_key");
    BOOST_TEST(one.at("id").as_string() == key_id);
    BOOST_TEST(one.at("reasserted_by").as_string() == "elsewhere");
    BOOST_TEST(accept({"--list"}).out.find(key_id) != std::string::npos);

    BOOST_TEST(accept({"--only", "api_key", "other", "--yes"}).exit_code == 64);
    BOOST_TEST(accept({"--only", "api_key", "--yes"}).exit_code == 64);
    BOOST_TEST(accept({key_id, "--yes"}).exit_code == 64);
    BOOST_TEST(accept({"--only", "api_key", key_id}).exit_code == 64); // nobody can be asked
    BOOST_TEST(becomes("REVOKED"));
    BOOST_TEST(accept({"--only", "api_key", key_id, "--yes"}).exit_code == 0);
    BOOST_TEST(becomes("VALID"));
    BOOST_TEST(nodes::becomes(*a, token, "VALID"));
    BOOST_TEST(accept({"--list"}).out.empty());
}

// An operator may go on with it as usual: what its own row says counts then.
BOOST_AUTO_TEST_CASE(a_held_key_may_be_changed) {
    reassert("credential", key_id, "'api_key'");
    BOOST_TEST(becomes("REVOKED"));
    BOOST_TEST(a->command({"key", "update", key_id, "--name", "other"}).exit_code == 0);
    BOOST_TEST(becomes("REVOKED"));
    BOOST_TEST(a->command({"key", "disable", key_id}).exit_code == 0);
    BOOST_TEST(becomes("DISABLED"));
    BOOST_TEST(a->command({"key", "enable", key_id}).exit_code == 0);
    BOOST_TEST(becomes("VALID"));
}

BOOST_AUTO_TEST_CASE(an_organization_falls_with_its_keys_and_tokens) {
    reassert("disabled_organization", organization, "null");
    BOOST_TEST(becomes("ORGANIZATION_DISABLED"));
    BOOST_TEST(nodes::becomes(*a, token, "ORGANIZATION_DISABLED"));
    // Disabled for good and enabled again, it is as usual.
    BOOST_TEST(a->command({"org", "disable", organization, "--yes"}).exit_code == 0);
    BOOST_TEST(database.value("select count(*) from latchkey.holds") == "0");
    BOOST_TEST(a->command({"org", "enable", organization}).exit_code == 0);
    BOOST_TEST(becomes("VALID"));
}

BOOST_AUTO_TEST_CASE(a_database_that_is_accepted_counts_as_it_is) {
    reassert("credential", key_id, "'api_key'");
    reassert("disabled_organization", organization, "null");
    BOOST_TEST(becomes("REVOKED"));
    const auto accepted = accept({"--yes", "--json"});
    BOOST_TEST(accepted.exit_code == 0, accepted.err);
    BOOST_TEST(accepted.out == "{\"lifted\":2}\n");
    BOOST_TEST(becomes("VALID"));
    // What nodes remember of before is not asked for any more.
    reassert("credential", key_id, "'api_key'");
    BOOST_TEST(database.value("select count(*) from latchkey.holds") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
