// Three nodes lease limits and credits while the database crashes, fails over and loses commits.
#include "issuing_nodes.hpp"

#include "../integration/own_server.hpp"

#include <array>
#include <ctime>

using namespace latchkey::test;

namespace {

struct losing_fleet {
    losing_fleet() {
        make_latchkey(a);
        b = std::make_unique<own_server>(folder, "b", &a);
        lead_to(a);
        // It was stopped to be copied. Nothing has been given before that, either.
        session(a.uri()).exec("update latchkey.lease_life set life = latchkey.this_life(),"
                              " began_at = '-infinity'");
        for (int i = 0; i < 3; ++i) {
            nodes.push_back(std::make_unique<server_process>(
                own_server::uri_at(address), "", "[rate_limit]\nlease_wait = \"2s\"\n"));
            BOOST_REQUIRE_MESSAGE(nodes.back()->wait_for("/readyz", 200), nodes.back()->log());
        }
        organization = nodes[0]->create_organization();
    }
    void lead_to(const own_server& server) const {
        server_folder::as_owner("ln -sfn " + server.sockets() + " " + address);
    }
    // What is committed from now on is lost by the fail-over.
    void begin_losing() const { b->stop(); }
    void fail_over() const {
        a.stop("immediate");
        b->start();
        b->promote();
        lead_to(*b);
    }
    answer ask(std::size_t node, const std::string& key) const {
        return nodes[node]->ask(verify(question_of(key)));
    }
    // Asks all nodes in turn until as many answers were VALID, or the condition holds.
    template <class Condition>
    int ask_until(const std::string& key, int most, Condition&& ends) const {
        int valid = 0;
        soon([&] {
            for (std::size_t n = 0; n < nodes.size(); ++n) {
                last[n] = code_of(ask(n, key));
                valid += last[n] == "VALID";
            }
            return valid >= most || ends();
        });
        return valid;
    }
    int ask_until(const std::string& key, int most) const {
        return ask_until(key, most, [] { return false; });
    }
    bool all_say(const std::string& code) const {
        return std::ranges::all_of(last, [&](const auto& one) { return one == code; });
    }

    server_folder folder;
    own_server a{folder, "a"};
    std::unique_ptr<own_server> b;
    const std::string address = folder.file("address");
    std::vector<std::unique_ptr<server_process>> nodes;
    std::string organization;
    mutable std::array<std::string, 3> last;
};

// A window of hours that neither has just begun nor is about to end.
std::string long_window() {
    for (int hours = 24; hours > 1; --hours) {
        const std::time_t length = hours * 3600;
        const auto place = std::time(nullptr) % length;
        if (place > 60 && length - place > 1200) return std::to_string(hours) + "h";
    }
    return "1h";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(lease_failover, losing_fleet)

BOOST_AUTO_TEST_CASE(no_window_gives_more_than_the_limit) {
    const auto key = nodes[0]->create_key(
        organization, {"--rate-limit", "300/" + long_window(), "--rate-limit-scope", "fleet"});
    const auto free = nodes[0]->create_key(organization);
    auto valid = ask_until(key, 90);
    BOOST_TEST(valid >= 90);
    // A crash of the primary alone: nobody knows what this window has given.
    a.stop("immediate");
    a.start();
    valid += ask_until(key, 300, [&] { return all_say("503"); });
    BOOST_TEST(all_say("503"));
    BOOST_TEST(valid < 300);
    const auto refused = ask(0, key);
    BOOST_TEST(refused.body.find("the key's limit cannot be asked") != std::string::npos);
    begin_losing();
    fail_over();
    valid += ask_until(key, 300, [&] { return all_say("503"); });
    BOOST_TEST(all_say("503"));
    BOOST_TEST(valid < 300);
    // What has no limit is answered all the while.
    BOOST_TEST(soon([&] { return code_of(ask(1, free)) == "VALID"; }));
}

BOOST_AUTO_TEST_CASE(the_next_window_is_whole) {
    const auto key = nodes[0]->create_key(organization,
                                          {"--rate-limit", "40/5s", "--rate-limit-scope", "fleet"});
    BOOST_TEST(ask_until(key, 10) >= 10);
    begin_losing();
    fail_over();
    // Of each window that begins after that, no more than the limit.
    BOOST_TEST(soon([&] { return code_of(ask(0, key)) == "VALID"; }));
    const auto window = [] { return std::time(nullptr) / 5; };
    const auto begun = window();
    BOOST_TEST(soon([&] { return window() > begun; }));
    const auto valid = ask_until(key, 1000, [&] { return window() > begun + 2; });
    BOOST_TEST(valid <= 3 * 40);
    BOOST_TEST(valid >= 38);
}

BOOST_AUTO_TEST_CASE(credits_are_not_spent_twice) {
    const auto key = nodes[0]->create_key(organization, {"--credits", "600"});
    auto valid = ask_until(key, 150);
    BOOST_TEST(valid >= 150);
    begin_losing();
    valid += ask_until(key, 150);
    fail_over();
    valid += ask_until(key, 600 - valid + 1, [&] { return all_say("USAGE_EXCEEDED"); });
    BOOST_TEST(all_say("USAGE_EXCEEDED"));
    BOOST_TEST(valid <= 600);
    BOOST_TEST(valid >= 560);
    const auto on_b = [&](const std::string& query) { return session(b->uri()).value(query); };
    BOOST_TEST(soon([&] { return on_b("select remaining from latchkey.credit_accounts") == "0"; }));
    BOOST_TEST(on_b("select remaining + leased + unaccounted + spent >= 600"
                    " from latchkey.credit_accounts") == "t");
}

BOOST_AUTO_TEST_SUITE_END()
