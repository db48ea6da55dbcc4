// What time tells of an OAuth client, and of what a client of one organization introspects:
// nothing, where both of a pair are in the cache.
#include "cpu_timing.hpp"
#include "oauth_node.hpp"

#include <boost/json/parse.hpp>

#include <cmath>

using namespace latchkey::test;

namespace {

const std::string by_client = "grant_type=client_credentials";
const std::string wrong_secret = "lkd_0000000000000000000000000000000000000";
const std::string wrong_key = "no-key-of-anybody-00000000000000000000000";

struct timed_node {
    timed_node() {
        const auto done = n.node->command({"device", "register", "--organization", n.organization,
                                           "--name", "D", "--id", "device-known"});
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        BOOST_REQUIRE(has_heard_all(*n.node, n.database));
    }
    // Both are in the cache. Other programs may disturb a run, so three are tried; a difference in
    // the code shows in each.
    bool is_even(const std::string& one, const std::string& other) const {
        for (int i = 0; i < 3; ++i)
            BOOST_TEST(n.node->ask(one).body == n.node->ask(other).body);
        bool even = false;
        for (int i = 0; i < 3 && !even; ++i)
            even = std::abs(welch_t(*n.node, one, other, 300)) < 4.5;
        return even;
    }
    // An id of the same length that nobody has.
    static std::string other_than(std::string id) {
        id.back() = id.back() == 'x' ? 'y' : 'x';
        return id;
    }

    oauth_node n{"", "[cache]\nnegative_ttl = \"10m\"\n", "workers = 1\n"};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(oauth_timing, timed_node)

BOOST_AUTO_TEST_CASE(unknown_clients_and_wrong_secrets) {
    const struct {
        const char* what;
        std::string path, form, id, secret;
    } table[] = {
        {"a device's token", "/oauth2/token", by_client, "device-known", wrong_secret},
        {"a key's token", "/oauth2/token", by_client, n.client.id, wrong_key},
        {"who introspects", "/oauth2/introspect", "token=a", n.asker.id, wrong_key},
        {"who revokes", "/oauth2/revoke", "token=a", n.client.id, wrong_key},
    };
    for (const auto& row : table) {
        const auto asked = [&](const std::string& id) {
            return post_form(row.path, row.form, as_client(id, row.secret));
        };
        BOOST_TEST_MESSAGE(row.what);
        BOOST_TEST(is_even(asked(row.id), asked(other_than(row.id))), row.what);
    }
}

BOOST_AUTO_TEST_CASE(the_foreign_and_the_unknown) {
    const auto theirs = n.node->create_key(n.node->create_organization());
    const auto gone = n.node->create_key(n.organization);
    n.database.exec("delete from latchkey.api_keys" + whose_hash_is_of(gone));
    BOOST_REQUIRE(has_heard_all(*n.node, n.database));
    const auto asked = [&](const std::string& key) {
        return post_form("/oauth2/introspect", "token=" + key, n.asker.as_client());
    };
    BOOST_TEST(n.node->ask(asked(theirs)).body == R"({"active":false})");
    BOOST_TEST(is_even(asked(theirs), asked(gone)));
}

BOOST_AUTO_TEST_CASE(a_difference_is_seen) {
    const auto asked = [&](const std::string& form) {
        return post_form("/oauth2/token", form, as_client("device-known", wrong_secret));
    };
    std::string longer = by_client + "&scope=a";
    for (int i = 0; i < 400; ++i)
        longer += "+a";
    BOOST_TEST(
        is_told_apart([&] { return welch_t(*n.node, asked(by_client), asked(longer), 300); }));
}

BOOST_AUTO_TEST_SUITE_END()
