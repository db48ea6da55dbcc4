// Tokens are revoked: alone, or with their subject, their key or their organization.
#include "issuing_nodes.hpp"

#include <boost/json/parse.hpp>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

struct two_nodes {
    two_nodes() {
        organization = a->create_organization();
        key = a->create_key(organization, {"--scopes", "r"});
        token = nodes::issue(*a, key);
        BOOST_REQUIRE(nodes::becomes(*b, token, "VALID"));
        body = a->ask(ask_about(token)).json();
    }
    std::string member(const char* name) const { return std::string(body.at(name).as_string()); }
    // Expects the code at once on the node that was told, and by the feed on the other.
    void expect(const std::string& code) {
        BOOST_TEST(code_of(a->ask(ask_about(token))) == code);
        BOOST_TEST(nodes::becomes(*b, token, code));
    }
    outcome command(std::vector<std::string> words) const { return a->command(std::move(words)); }

    issuing_nodes all;
    std::unique_ptr<server_process> a = all.start();
    std::unique_ptr<server_process> b = all.start();
    std::string organization;
    std::string key;
    std::string token;
    boost::json::object body;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(token_revocation, two_nodes)

BOOST_AUTO_TEST_CASE(a_token_by_its_id_and_back) {
    const auto made = command(
        {"revocation", "create", "--token", member("token_id"), "--reason", "leaked", "--json"});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    expect("REVOKED");
    const auto id = std::string(boost::json::parse(made.out).at("revocation_id").as_string());
    const auto listed = command({"revocation", "list"});
    BOOST_TEST(listed.out.find("leaked") != std::string::npos, listed.out);
    BOOST_TEST(command({"revocation", "delete", id}).exit_code == 0);
    BOOST_TEST(nodes::becomes(*a, token, "VALID"));
    BOOST_TEST(nodes::becomes(*b, token, "VALID"));
    BOOST_TEST(command({"revocation", "delete", id}).exit_code == 64);
    BOOST_TEST(command({"revocation", "delete", "x"}).exit_code == 64);
    BOOST_TEST(command({"revocation", "create"}).exit_code == 64);
}

// Tokens issued later are good, as soon as the leeway is over.
BOOST_AUTO_TEST_CASE(a_subject_until_now) {
    BOOST_REQUIRE(command({"revocation", "create", "--subject", member("subject"),
                           "--issued-before", "2026-01-01T00:00:00Z"})
                      .exit_code == 0);
    expect("VALID");
    BOOST_REQUIRE(command({"revocation", "create", "--subject", member("subject")}).exit_code == 0);
    expect("REVOKED");
    BOOST_TEST(soon([&] {
        token = token_of(a->ask(ask_for_token(key)));
        return code_of(a->ask(ask_about(token))) == "VALID";
    }));
}

BOOST_AUTO_TEST_CASE(an_organization_until_now) {
    BOOST_REQUIRE(
        command({"revocation", "create", "--organization", organization, "--yes"}).exit_code == 0);
    expect("REVOKED");
}

BOOST_AUTO_TEST_CASE(a_token_falls_with_its_key) {
    BOOST_REQUIRE(command({"key", "revoke", member("subject")}).exit_code == 0);
    expect("REVOKED");
    BOOST_TEST(code_of(a->ask(ask_for_token(key))) == "REVOKED");
    // This revocation belongs to the key, and cannot be deleted.
    const auto id = all.database.value("select id from latchkey.revocations");
    BOOST_TEST(command({"revocation", "delete", id}).exit_code != 0);
    expect("REVOKED");
}

// Enabled again, the key issues good ones.
BOOST_AUTO_TEST_CASE(a_token_falls_with_its_disabled_key_for_good) {
    all.database.exec("update latchkey.api_keys set enabled = false");
    BOOST_TEST(nodes::becomes(*a, token, "REVOKED"));
    BOOST_TEST(nodes::becomes(*b, token, "REVOKED"));
    all.database.exec("update latchkey.api_keys set enabled = true");
    const auto ended = token;
    BOOST_TEST(soon([&] {
        token = token_of(a->ask(ask_for_token(key)));
        return code_of(a->ask(ask_about(token))) == "VALID";
    }));
    BOOST_TEST(nodes::becomes(*b, token, "VALID"));
    for (const auto* node : {a.get(), b.get()})
        BOOST_TEST(code_of(node->ask(ask_about(ended))) == "REVOKED");
    all.database.exec("delete from latchkey.api_keys");
    BOOST_TEST(nodes::becomes(*a, token, "REVOKED"));
    BOOST_TEST(nodes::becomes(*b, token, "REVOKED"));
}

BOOST_AUTO_TEST_CASE(a_token_falls_with_its_organization) {
    all.database.exec("update public.organizations set status = 'disabled'");
    BOOST_TEST(nodes::becomes(*a, token, "ORGANIZATION_DISABLED"));
    BOOST_TEST(nodes::becomes(*b, token, "ORGANIZATION_DISABLED"));
    // A node that starts now knows this from the beginning.
    const auto c = all.start();
    BOOST_TEST(code_of(c->ask(ask_about(token))) == "ORGANIZATION_DISABLED");
    all.database.exec("update public.organizations set status = 'active'");
    BOOST_TEST(nodes::becomes(*a, token, "VALID"));
    BOOST_TEST(nodes::becomes(*c, token, "VALID"));
}

// A starting node loads all revocations before it serves, and again after a crash of the feed.
BOOST_AUTO_TEST_CASE(what_was_revoked_is_known_from_the_first_answer) {
    all.database.exec("insert into latchkey.revocations (kind, issuer, value) select 'token', "
                      "'latchkey', 'jti-' || n from generate_series(1, 12000) n");
    BOOST_REQUIRE(command({"revocation", "create", "--token", member("token_id")}).exit_code == 0);
    const auto c = all.start();
    BOOST_TEST(code_of(c->ask(ask_about(token))) == "REVOKED");
    BOOST_TEST(metric(*c, "auth_revocations ") == 12'001);
    // In another era, all revocations are read again, and count meanwhile.
    all.database.exec("delete from latchkey.era");
    BOOST_TEST(soon([&] { return metric(*c, "auth_feed_resumptions_total") >= 1; }));
    BOOST_TEST(nodes::becomes(*c, token, "REVOKED"));
    BOOST_TEST(soon([&] { return metric(*c, "auth_revocations ") == 12'001; }));
}

BOOST_AUTO_TEST_SUITE_END()
