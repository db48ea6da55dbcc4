// What of the facts an operator should look at, and how the command ends.
#include "server/doctor/find.hpp"
#include "server/settings/agreeing_settings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <functional>

using namespace latchkey;
using namespace latchkey::server;

namespace {

const core::real_time now = core::real_time(std::chrono::seconds(1'800'000'000));

node_facts healthy() {
    node_facts out;
    out.now = now;
    out.version = "1.0";
    out.settings = R"({"tokens.issuer":"latchkey"})";
    out.certificate_ends = now + std::chrono::hours(24 * 90);
    out.connections_wanted = out.connections_possible = 100;
    out.database.role = "latchkey";
    out.database.nodes = {{"a", "1.0", out.settings}};
    return out;
}

// "name severity" of each.
std::string told(const node_facts& facts) {
    std::string out;
    for (const auto& one : find(facts))
        out += (out.empty() ? "" : ", ") + std::string(one.name) + ' ' +
               std::string(name_of(one.how_bad));
    return out;
}

struct sick {
    const char* told;
    int exit_code;
    std::function<void(node_facts&)> fault;
};

} // namespace

BOOST_AUTO_TEST_SUITE(findings)

BOOST_AUTO_TEST_CASE(nothing_is_found_where_all_is_well) {
    BOOST_TEST(told(healthy()) == "");
    BOOST_TEST(exit_code_of(find(healthy())) == 0);
}

// The package's role has no password: a person asks as the service does.
BOOST_AUTO_TEST_CASE(peer_authentication_is_mended_by_asking_as_the_service) {
    auto facts = healthy();
    facts.database.unreachable = "FATAL:  Peer authentication failed for user \"latchkey\"";
    BOOST_TEST(find(facts).front().mend.find("runuser -u latchkey") != std::string::npos);
    facts.database.unreachable = "connection refused";
    BOOST_TEST(find(facts).front().mend.find("runuser") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mend_quotes_the_roles_name) {
    auto facts = healthy();
    facts.database.role = "a\"; drop role b; --";
    facts.database.under_row_security = {"public.organizations"};
    BOOST_TEST(find(facts).front().mend == "alter role \"a\"\"; drop role b; --\" bypassrls;");
}

BOOST_AUTO_TEST_CASE(one_table_of_faults) {
    using namespace std::chrono_literals;
    const sick cases[] = {
        {"database_unreachable error", 69,
         [](auto& f) { f.database.unreachable = "connection refused"; }},
        {"database_is_standby error", 78,
         [](auto& f) { f.database.unreachable = "server is in hot standby mode"; }},
        {"database_unreadable error", 69, [](auto& f) { f.database.unfinished = "late"; }},
        {"transaction_pooler warning", 0,
         [](auto& f) { f.database.mode = pg::database_mode::transaction_pooler; }},
        {"", 0, [](auto& f) { f.database.mode = pg::database_mode::session_pooler; }},
        {"", 0, [](auto& f) { f.database.clock_ahead = 1900ms; }},
        {"", 0,
         [](auto& f) {
             f.database.clock_ahead = 2500ms;
             f.database.clock_unsure = 600ms;
         }},
        {"clock_differs warning", 0, [](auto& f) { f.database.clock_ahead = 2500ms; }},
        {"clock_differs error", 78, [](auto& f) { f.database.clock_ahead = -3600s; }},
        {"schema_differs error", 78, [](auto& f) { f.database.schema_problem = "pending"; }},
        {"legacy_names_differ error", 78, [](auto& f) { f.database.names_problem = "other"; }},
        {"right_missing error, right_missing error", 78,
         [](auto& f) {
             f.database.missing = {{"a", "grant a"}, {"b", "grant b"}};
         }},
        {"row_level_security error", 78,
         [](auto& f) { f.database.under_row_security = {"public.organizations"}; }},
        {"triggers_missing error", 78, [](auto& f) { f.database.trigger_problem = "gone"; }},
        {"subscription_into_latchkey error", 78,
         [](auto& f) {
             f.database.subscribed = {{"s", "latchkey.api_keys", true, true}};
         }},
        {"subscription_disabled warning", 0,
         [](auto& f) {
             f.database.subscribed = {{"s", "public.organizations", false, false}};
         }},
        {"", 0,
         [](auto& f) {
             f.database.subscribed = {{"s", "public.organizations", true, false}};
         }},
        {"replication_not_visible warning", 0, [](auto& f) { f.database.has_standbys = true; }},
        {"", 0, [](auto& f) { f.database.has_standbys = f.database.sees_standbys = true; }},
        {"feed_hampered warning", 0, [](auto& f) { f.feed_warning = "no notification"; }},
        {"secret_exposed error", 78, [](auto& f) { f.refused = {"tls.key_file: open to all"}; }},
        {"exposed warning", 0,
         [](auto& f) {
             f.exposed = {{"plain HTTP", "set tls"}};
         }},
        {"variable_without_effect warning", 0,
         [](auto& f) {
             f.exposed = {{"LATCHKEY_LOG_LEVEL", "LATCHKEY_LOG__LEVEL", "variable_without_effect"}};
         }},
        {"certificate_unusable error", 78, [](auto& f) { f.unusable_certificate = "no PEM"; }},
        {"certificate_expired error", 78, [](auto& f) { f.certificate_ends = now; }},
        {"certificate_ends_soon warning", 0,
         [](auto& f) { f.certificate_ends = now + std::chrono::hours(24 * 14) - 1s; }},
        {"", 0, [](auto& f) { f.certificate_ends = now + std::chrono::hours(24 * 14); }},
        {"issuer_unusable error", 78, [](auto& f) { f.unusable_issuers = "no file"; }},
        {"issuer_unreachable error", 69, [](auto& f) { f.unreachable_issuers = {"refused"}; }},
        {"issuer_without_keys warning", 0, [](auto& f) { f.issuers_without_keys = {"empty"}; }},
        {"key_encryption_key_unusable error", 78,
         [](auto& f) { f.unusable_key_encryption_key = "no file"; }},
        {"no_key_encryption_key warning", 0, [](auto& f) { f.no_key_encryption_key = "none"; }},
        {"signing_key_sealed error", 78, [](auto& f) { f.unopened_signing_keys = {"k"}; }},
        {"descriptors_short warning", 0, [](auto& f) { f.connections_possible = 99; }},
        {"versions_differ warning", 0, [](auto& f) { f.database.nodes[0].version = "0.9"; }},
        {"settings_differ error", 78,
         [](auto& f) { f.database.nodes[0].settings = R"({"tokens.issuer":"other"})"; }},
        {"", 0, [](auto& f) { f.database.nodes[0].settings = ""; }},
        {"", 0, [](auto& f) { f.database.nodes[0].settings = R"({"new":"1"})"; }},
        // A configuration that has to change counts for more than what is away.
        {"database_unreachable error, key_encryption_key_unusable error", 78,
         [](auto& f) {
             f.database.unreachable = "refused";
             f.unusable_key_encryption_key = "no file";
             f.database.nodes.clear();
         }},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.told) {
            auto facts = healthy();
            c.fault(facts);
            BOOST_TEST(told(facts) == c.told);
            const auto found = find(facts);
            BOOST_TEST(exit_code_of(found) == c.exit_code);
            for (const auto& one : found) {
                BOOST_TEST((std::ranges::find(finding_names, one.name) != std::end(finding_names)));
                BOOST_TEST(!one.message.empty());
                BOOST_TEST(!one.mend.empty());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_mend_of_a_right_is_its_grant) {
    auto facts = healthy();
    facts.database.missing = {{"DELETE on latchkey.nodes", "grant delete on latchkey.nodes to x"}};
    const auto found = find(facts);
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].message == "the role \"latchkey\" has no DELETE on latchkey.nodes");
    BOOST_TEST(found[0].mend == "grant delete on latchkey.nodes to x;");
    BOOST_TEST(
        json_of(found) ==
        R"([{"name":"right_missing","severity":"error","message":"the role \"latchkey\" )"
        R"(has no DELETE on latchkey.nodes","mend":"grant delete on latchkey.nodes to x;"}])");
}

BOOST_AUTO_TEST_CASE(settings_that_must_agree_are_named_with_both_values) {
    configuration one;
    configuration other;
    BOOST_TEST(
        differing_settings(agreeing_settings(one, "k"), agreeing_settings(other, "k")).empty());
    // These may differ.
    other.server.workers = 3;
    other.cache.ttl = core::milliseconds(1);
    BOOST_TEST(
        differing_settings(agreeing_settings(one, ""), agreeing_settings(other, "k")).empty());
    other.tokens.issuer = "https://b";
    other.auth.accept_foreign_keys = false;
    other.callers.mode = api::callers_mode::required;
    other.callers.required_for = "metrics";
    other.issuers.resize(1);
    other.issuers[0].issuer = "https://idp";
    one.forward_policies.push_back({"read", "devices:read", {}, "acme"});
    other.forward_policies.push_back({"read", "devices:read", {}, "acme", 2});
    const auto found =
        differing_settings(agreeing_settings(one, "k1"), agreeing_settings(other, "k2"));
    std::string names;
    for (const auto& d : found)
        names += d.name + '=' + d.own + '/' + d.other + ' ';
    BOOST_TEST(names == "auth.callers=\"unset\"/\"required\" "
                        "auth.callers_required_for=\"verify-api-key, verify-token, verify-batch, "
                        "metrics, forward-auth, emqx\"/\"metrics\" "
                        "auth.accept_foreign_keys=true/false "
                        "tokens.issuer=\"latchkey\"/\"https://b\" issuers=/https://idp "
                        "forward_auth=read (scopes: devices:read; audience: ; organization: acme; "
                        "cost: 1)/read (scopes: devices:read; audience: ; organization: acme; "
                        "cost: 2) "
                        "tokens.key_encryption_key_file=k1/k2 ");
    BOOST_TEST(differing_settings("nonsense", "{}").empty());
}

BOOST_AUTO_TEST_SUITE_END()
