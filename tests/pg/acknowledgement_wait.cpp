// When a change counts as applied by all nodes, and who is missing otherwise.
#include "pg/writes/acknowledgement_wait.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

using namespace latchkey;
using namespace latchkey::pg;

namespace {

constexpr std::uint64_t change = 15;
const core::steady_time begin{core::seconds(100)};
const core::steady_time deadline = begin + core::seconds(10);
const core::real_time now{core::seconds(1'800'000'000)};

fleet_reading::node node(std::string id, std::string name, const char* applied,
                         core::milliseconds staleness = core::seconds(60)) {
    fleet_reading::node out{{std::move(id), std::move(name)}, staleness, std::nullopt};
    if (applied) out.applied = auth::transaction_snapshot::parse(applied).value();
    return out;
}
fleet_reading reading(std::vector<fleet_reading::node> nodes) {
    fleet_reading out;
    out.nodes = std::move(nodes);
    out.flushed_here = 5000;
    return out;
}
std::string names(const auth::acknowledgement& told) {
    std::string out;
    for (const auto& one : told.acknowledged)
        out += one.name + '/' + one.instance_id + ' ';
    out += "- ";
    for (const auto& one : told.missing)
        out += one.who.name + '/' + one.who.instance_id + ' ';
    return out;
}

constexpr const char* before = "10:15:";
constexpr const char* under_way = "10:20:15";
constexpr const char* after = "16:20:";

} // namespace

BOOST_AUTO_TEST_SUITE(acknowledgement_wait)

BOOST_AUTO_TEST_CASE(it_is_over_when_all_have_it) {
    pg::acknowledgement_wait wait(change, deadline);
    BOOST_TEST(!wait.is_over(begin));
    wait.look(reading({node("1", "a", after), node("2", "b", before)}));
    BOOST_TEST(!wait.is_over(begin));
    wait.look(reading({node("1", "a", after), node("2", "b", under_way)}));
    BOOST_TEST(!wait.is_over(begin));
    wait.look(reading({node("1", "a", after), node("2", "b", after)}));
    BOOST_TEST(wait.is_over(begin));
    const auto told = wait.outcome(now);
    BOOST_TEST(told.complete);
    BOOST_TEST(!told.replicated);
    BOOST_TEST(names(told) == "a/1 b/2 - ");
}

BOOST_AUTO_TEST_CASE(one_that_does_not_answer_is_named_with_the_time_of_its_fence) {
    pg::acknowledgement_wait wait(change, deadline);
    wait.look(reading({node("1", "a", after), node("2", "b", before, core::milliseconds(1500)),
                       node("3", "c", nullptr)}));
    BOOST_TEST(!wait.is_over(deadline - core::milliseconds(1)));
    BOOST_TEST(wait.is_over(deadline));
    const auto told = wait.outcome(now);
    BOOST_TEST(!told.complete);
    BOOST_TEST(names(told) == "a/1 - b/2 c/3 ");
    BOOST_TEST((told.missing.at(0).fences_at == now + core::milliseconds(1500)));
    BOOST_TEST((told.missing.at(1).fences_at == now + core::seconds(60)));
}

// Nodes are told apart by the process: two may share a name.
BOOST_AUTO_TEST_CASE(two_of_one_name_are_two) {
    pg::acknowledgement_wait wait(change, deadline);
    wait.look(reading({node("1", "a", after), node("2", "a", before)}));
    BOOST_TEST(!wait.is_over(begin));
    BOOST_TEST(names(wait.outcome(now)) == "a/1 - a/2 ");
}

// A killed node is read no more once it is not live; one that joins is waited for.
BOOST_AUTO_TEST_CASE(the_latest_reading_counts) {
    pg::acknowledgement_wait wait(change, deadline);
    wait.look(reading({node("1", "a", after), node("2", "killed", before)}));
    BOOST_TEST(!wait.is_over(begin));
    wait.look(reading({node("1", "a", after), node("3", "new", nullptr)}));
    BOOST_TEST(!wait.is_over(begin));
    wait.look(reading({node("1", "a", after), node("3", "new", after)}));
    BOOST_TEST(wait.is_over(begin));
    BOOST_TEST(names(wait.outcome(now)) == "a/1 new/3 - ");
}

BOOST_AUTO_TEST_CASE(without_a_reading_nothing_is_complete) {
    pg::acknowledgement_wait wait(change, deadline);
    // Nobody could be named, so it waits a second more for the first reading.
    BOOST_TEST(!wait.is_over(deadline + core::milliseconds(999)));
    BOOST_TEST(wait.is_over(deadline + core::milliseconds(1000)));
    BOOST_TEST(!wait.outcome(now).complete);
    // The node that was asked is live itself, so this cannot be right.
    wait.look(reading({}));
    BOOST_TEST(!wait.is_over(begin));
    BOOST_TEST(!wait.outcome(now).complete);
}

// Transactions of the database that goes on have other numbers.
BOOST_AUTO_TEST_CASE(in_another_database_it_is_never_complete) {
    pg::acknowledgement_wait wait(change, deadline);
    wait.look(reading({node("1", "a", after), node("2", "b", before)}));
    wait.lose();
    BOOST_TEST(wait.is_over(begin));
    wait.look(reading({node("1", "a", after), node("2", "b", after)}));
    BOOST_TEST(!wait.outcome(now).complete);
    BOOST_TEST(names(wait.outcome(now)) == "- ");
}

BOOST_AUTO_TEST_CASE(a_standby_that_commits_wait_for_is_waited_for) {
    const auto with_standby = [](std::optional<std::int64_t> there, std::int64_t here = 5000) {
        auto out = reading({node("1", "a", after)});
        out.expects_standby = true;
        out.flushed_here = here;
        out.flushed_there = there;
        return out;
    };
    pg::acknowledgement_wait wait(change, deadline);
    wait.look(with_standby(std::nullopt)); // it is away
    BOOST_TEST(!wait.is_over(begin));
    wait.look(with_standby(4999, 9000)); // what came after the change does not matter
    BOOST_TEST(!wait.is_over(begin));
    BOOST_TEST(wait.outcome(now).complete);
    BOOST_TEST(!wait.outcome(now).replicated);
    wait.look(with_standby(5000, 9000));
    BOOST_TEST(wait.is_over(begin));
    BOOST_TEST(wait.outcome(now).replicated);
    // It stays so, whatever becomes of the standby.
    wait.look(with_standby(std::nullopt, 9000));
    BOOST_TEST(wait.is_over(begin));
    BOOST_TEST(wait.outcome(now).replicated);

    // The bound is the same.
    pg::acknowledgement_wait in_vain(change, deadline);
    in_vain.look(with_standby(1));
    BOOST_TEST(in_vain.is_over(deadline));
    BOOST_TEST(in_vain.outcome(now).complete);
    BOOST_TEST(!in_vain.outcome(now).replicated);
}

BOOST_AUTO_TEST_SUITE_END()
