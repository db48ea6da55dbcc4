// What holds of revocations that a fail-over or a restored copy did not contain.
#include "story.hpp"

using namespace latchkey::history;
using namespace std::chrono_literals;

namespace {

struct loss : story {
    loss() { breaks(20s, 21s).loses = true; }

    written& loses(moment begin, std::string code, std::string subject = "k") {
        auto& w = writes(begin, begin + 100ms, std::move(code), std::move(subject));
        w.lost = span{20s, 21s};
        return w;
    }
    void obeyed_and_lost(moment begin, std::string code) {
        loses(begin, std::move(code)).everywhere = true;
    }
    void restarts(int node, moment begin, moment end) { breaks(begin, end, node).forgets = true; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lost_revocations, loss)

BOOST_AUTO_TEST_CASE(what_every_node_had_obeyed_holds) {
    obeyed_and_lost(10s, "REVOKED");
    BOOST_TEST(answered(10050ms, "VALID") == right); // not yet acknowledged
    for (const auto t : {10100ms, 19999ms, 20500ms, 22000ms, 60000ms}) {
        BOOST_TEST(answered(t, "VALID") == believed);
        BOOST_TEST(answered(t, "REVOKED") == right);
    }
    BOOST_TEST(answered(25s, "503") == right);
    BOOST_TEST(answered(30s, "503") == undecided);
    BOOST_TEST(whole() == right);
}

// Acknowledged a moment before the loss: no answer may be from before the acknowledgement.
BOOST_AUTO_TEST_CASE(no_answer_after_the_loss_is_from_before_the_acknowledgement) {
    obeyed_and_lost(19800ms, "REVOKED");
    BOOST_TEST(answered(20100ms, "VALID") == believed);
    BOOST_TEST(answered(20100ms, "REVOKED") == right);
}

// The server that was no primary any more acknowledged it.
BOOST_AUTO_TEST_CASE(it_holds_from_the_acknowledgement_on) {
    auto& w = writes(20200ms, 20500ms, "REVOKED");
    w.everywhere = true;
    w.lost = span{20500ms, 20500ms};
    BOOST_TEST(answered(20300ms, "VALID") == right);
    BOOST_TEST(answered(20500ms, "VALID") == believed);
    BOOST_TEST(answered(40s, "REVOKED") == right);
}

// What it was refused for is lost; that it is refused is not.
BOOST_AUTO_TEST_CASE(what_was_disabled_is_revoked_afterwards) {
    obeyed_and_lost(10s, "DISABLED");
    BOOST_TEST(answered(20s, "DISABLED") == right);
    BOOST_TEST(answered(20s, "REVOKED") == right);
    BOOST_TEST(answered(23s, "DISABLED") == right);
    BOOST_TEST(answered(23001ms, "DISABLED") == mistaken);
    BOOST_TEST(answered(60s, "REVOKED") == right);
}
BOOST_AUTO_TEST_CASE(an_organization_stays_disabled) {
    obeyed_and_lost(10s, "ORGANIZATION_DISABLED");
    BOOST_TEST(answered(60s, "ORGANIZATION_DISABLED") == right);
    BOOST_TEST(answered(60s, "REVOKED") == mistaken);
    BOOST_TEST(answered(60s, "VALID") == believed);
}

// Some node may have applied it, or none.
BOOST_AUTO_TEST_CASE(what_not_all_had_obeyed_may_hold_or_not) {
    loses(10s, "DISABLED");
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(answered(60s, "REVOKED") == right);
    BOOST_TEST(answered(60s, "DISABLED") == mistaken);
    BOOST_TEST(answered(19s, "REVOKED") == mistaken);
}
BOOST_AUTO_TEST_CASE(so_may_what_a_deletion_left_behind) {
    loses(10s, "NOT_FOUND");
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(answered(60s, "REVOKED") == right);
    BOOST_TEST(answered(60s, "NOT_FOUND") == mistaken);
}
BOOST_AUTO_TEST_CASE(a_write_in_doubt_may_have_been_obeyed) {
    writes(20500ms, moment::max(), "DISABLED").how = outcome::unknown;
    BOOST_TEST(answered(60s, "REVOKED") == right);
    BOOST_TEST(answered(60s, "DISABLED") == right);
    h.faults[0].loses = false;
    BOOST_TEST(answered(60s, "REVOKED") == mistaken);
}

BOOST_AUTO_TEST_CASE(a_restoration_ends_it) {
    obeyed_and_lost(10s, "REVOKED");
    writes(30s, 30100ms, "VALID");
    BOOST_TEST(answered(29s, "VALID") == believed);
    BOOST_TEST(answered(30s, "VALID") == right);
    BOOST_TEST(answered(32101ms, "VALID") == right);
    BOOST_TEST(answered(32101ms, "REVOKED") == refused);
}
BOOST_AUTO_TEST_CASE(a_restoration_ends_what_may_hold) {
    loses(10s, "REVOKED");
    writes(30s, 30100ms, "VALID");
    BOOST_TEST(answered(32s, "REVOKED") == right);
    BOOST_TEST(answered(32101ms, "REVOKED") == refused);
}
// Then its own row says why.
BOOST_AUTO_TEST_CASE(what_is_disabled_again_is_not_held) {
    obeyed_and_lost(10s, "DISABLED");
    writes(30s, 30100ms, "DISABLED");
    BOOST_TEST(answered(30s, "REVOKED") == right);
    BOOST_TEST(answered(60s, "DISABLED") == right);
    BOOST_TEST(answered(60s, "REVOKED") == mistaken);
    BOOST_TEST(answered(60s, "VALID") == believed);
}

// Some node may have applied the restoration, too.
BOOST_AUTO_TEST_CASE(a_restoration_that_is_lost_as_well_leaves_both) {
    obeyed_and_lost(10s, "REVOKED");
    loses(15s, "VALID");
    BOOST_TEST(answered(17101ms, "REVOKED") == refused);
    BOOST_TEST(answered(60s, "REVOKED") == right);
    BOOST_TEST(answered(60s, "VALID") == right);
}
BOOST_AUTO_TEST_CASE(an_earlier_restoration_does_not_count) {
    writes(2s, 2s, "DISABLED");
    writes(5s, 5s, "VALID");
    obeyed_and_lost(10s, "DISABLED");
    BOOST_TEST(answered(60s, "VALID") == believed);
}
// The nodes were still at the old primary when it was restored in the new one.
BOOST_AUTO_TEST_CASE(a_restoration_in_the_new_database_counts_whenever_it_was) {
    writes(20100ms, 20200ms, "VALID");
    auto& w = writes(20300ms, 20400ms, "REVOKED");
    w.everywhere = true;
    w.lost = span{20400ms, 21s};
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(answered(60s, "REVOKED") == right);
}
// The database itself says so.
BOOST_AUTO_TEST_CASE(without_its_restoration_it_is_refused_as_before) {
    writes(5s, 5s, "DISABLED");
    loses(10s, "VALID");
    BOOST_TEST(answered(60s, "DISABLED") == right);
    BOOST_TEST(answered(60s, "VALID") == believed);
    BOOST_TEST(answered(60s, "REVOKED") == mistaken);
}

BOOST_AUTO_TEST_CASE(an_accepted_database_counts_as_it_is) {
    obeyed_and_lost(10s, "REVOKED");
    h.accepted = {{30s, 31s}};
    BOOST_TEST(answered(29s, "VALID") == believed);
    BOOST_TEST(answered(30s, "VALID") == right);
    BOOST_TEST(answered(33s, "REVOKED") == right);
    BOOST_TEST(answered(33001ms, "REVOKED") == refused);
}
BOOST_AUTO_TEST_CASE(what_is_lost_later_is_not_accepted) {
    h.accepted = {{17s, 18s}};
    obeyed_and_lost(10s, "REVOKED");
    BOOST_TEST(answered(60s, "VALID") == believed);
    BOOST_TEST(answered(60s, "REVOKED") == right);
}
// The nodes were still at the old primary when the new one was accepted.
BOOST_AUTO_TEST_CASE(what_the_old_one_acknowledges_later_is_lost_with_it) {
    h.accepted = {{21s, 22s}};
    auto& w = writes(23s, 23100ms, "REVOKED");
    w.everywhere = true;
    w.lost = span{23100ms, 23100ms};
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(answered(60s, "REVOKED") == refused);
}

BOOST_AUTO_TEST_CASE(it_holds_through_a_second_loss) {
    obeyed_and_lost(10s, "REVOKED");
    breaks(40s, 41s).loses = true;
    BOOST_TEST(answered(60s, "VALID") == believed);
    // What restored it between them is lost in the second one.
    writes(30s, 30100ms, "VALID").lost = span{40s, 41s};
    BOOST_TEST(answered(35s, "REVOKED") == refused);
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(answered(60s, "REVOKED") == right);
}

BOOST_AUTO_TEST_CASE(one_node_that_lives_on_is_enough) {
    obeyed_and_lost(10s, "REVOKED");
    restarts(1, 19s, 20s);
    BOOST_TEST(answered(60s, "VALID") == believed);
    BOOST_TEST(count_obeyed_and_lost(h, by).remembered == 1);
    restarts(0, 24s, 25s); // perhaps before it had written it back
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(answered(60s, "REVOKED") == right);
    BOOST_TEST(count_obeyed_and_lost(h, by).remembered == 0);
    BOOST_TEST(count_obeyed_and_lost(h, by).forgotten == 1);
}
BOOST_AUTO_TEST_CASE(what_ended_before_or_long_after_counts_not) {
    obeyed_and_lost(10s, "REVOKED");
    restarts(0, 8s, 9s);
    restarts(1, 27s, 28s);
    BOOST_TEST(answered(60s, "VALID") == believed);
    h.nodes = 0;
    BOOST_TEST(answered(60s, "VALID") == right);
}
BOOST_AUTO_TEST_CASE(only_what_refuses_is_counted) {
    loses(10s, "VALID").everywhere = true;
    loses(11s, "REVOKED");
    writes(12s, 12s, "REVOKED").everywhere = true;
    BOOST_TEST(count_obeyed_and_lost(h, by).remembered == 0);
    BOOST_TEST(count_obeyed_and_lost(h, by).forgotten == 0);
}

BOOST_AUTO_TEST_SUITE_END()
