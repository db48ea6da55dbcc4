#include "story.hpp"

using namespace latchkey::history;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(verdicts, story)

BOOST_AUTO_TEST_CASE(nothing_happened) {
    BOOST_TEST(answered(1s, "VALID") == right);
    BOOST_TEST(answered(1s, "NOT_FOUND", "unborn") == right);
    BOOST_TEST(answered(1s, "REVOKED") == refused);
    BOOST_TEST(answered(1s, "NOT_FOUND") == refused);
    BOOST_TEST(answered(1s, "VALID", "unborn") == believed);
    BOOST_TEST(answered(1s, "DISABLED", "unborn") == mistaken);
    BOOST_TEST(answered(1s, "500") == refused);
}

BOOST_AUTO_TEST_CASE(revoked_it_is_believed_for_as_long_as_the_bound) {
    writes(10s, 10100ms, "REVOKED");
    BOOST_TEST(answered(9998ms, "REVOKED") == refused); // it ended before the write began
    BOOST_TEST(answered(10s, "REVOKED") == right);
    BOOST_TEST(answered(10s, "VALID") == right);
    BOOST_TEST(answered(12099ms, "VALID") == right);
    BOOST_TEST(answered(12100ms, "VALID") == believed);
    BOOST_TEST(answered(60s, "VALID") == believed);
    BOOST_TEST(answered(60s, "REVOKED") == right);
    BOOST_TEST(answered(60s, "DISABLED") == mistaken);
}

// The time of the question counts, not that of the answer.
BOOST_AUTO_TEST_CASE(a_late_answer_may_be_of_any_time_between) {
    writes(10s, 10100ms, "REVOKED");
    BOOST_TEST(answered_late(9s, 30s, "VALID") == right);
    BOOST_TEST(answered_late(9s, 30s, "REVOKED") == right);
    BOOST_TEST(answered_late(12200ms, 30s, "VALID") == believed);
}

BOOST_AUTO_TEST_CASE(to_and_fro) {
    writes(10s, 10s, "DISABLED");
    writes(20s, 20s, "VALID");
    BOOST_TEST(answered(15s, "VALID") == believed);
    BOOST_TEST(answered(19s, "VALID") == believed);
    BOOST_TEST(answered(20s, "VALID") == right);
    BOOST_TEST(answered(21s, "DISABLED") == right);
    BOOST_TEST(answered(22001ms, "DISABLED") == refused);
    // Between two changes within the bound, all their codes are possible.
    writes(30s, 30s, "DISABLED");
    writes(31s, 31s, "VALID");
    BOOST_TEST(answered(32500ms, "DISABLED") == right);
    BOOST_TEST(answered(32500ms, "VALID") == right);
    BOOST_TEST(answered(33001ms, "DISABLED") == refused);
}

BOOST_AUTO_TEST_CASE(a_write_in_doubt_allows_both_for_ever) {
    auto& w = writes(10s, moment::max(), "REVOKED");
    w.how = outcome::unknown;
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(answered(60s, "REVOKED") == right);
    BOOST_TEST(answered(5s, "REVOKED") == refused);
    BOOST_TEST(answered(60s, "DISABLED") == mistaken);
    // The next write, which is acknowledged, ends the doubt.
    writes(70s, 71s, "REVOKED");
    BOOST_TEST(answered(74s, "VALID") == believed);
}

BOOST_AUTO_TEST_CASE(a_failed_write_is_none) {
    writes(10s, 10s, "REVOKED").how = outcome::failed;
    BOOST_TEST(answered(10s, "REVOKED") == refused);
    BOOST_TEST(answered(60s, "VALID") == right);
}

BOOST_AUTO_TEST_CASE(applied_by_every_node_it_is_believed_no_more) {
    writes(10s, 10100ms, "REVOKED").everywhere = true;
    BOOST_TEST(answered(10099ms, "VALID") == right);
    BOOST_TEST(answered(10100ms, "VALID") == believed);
}

// A fail-over between 20 s and 21 s lost the write.
BOOST_AUTO_TEST_CASE(a_lost_write_was_true_until_then) {
    writes(10s, 10s, "REVOKED").lost = span{20s, 21s};
    breaks(20s, 21s).loses = true;
    BOOST_TEST(answered(15s, "VALID") == believed);
    BOOST_TEST(answered(19s, "VALID") == believed);
    BOOST_TEST(answered(20s, "VALID") == right);
    BOOST_TEST(answered(60s, "VALID") == right);
    BOOST_TEST(whole() == right);
}

BOOST_AUTO_TEST_CASE(after_the_loss_the_last_of_what_is_left_is_true) {
    writes(5s, 5s, "DISABLED");
    writes(10s, 10s, "VALID").lost = span{20s, 21s};
    breaks(20s, 21s).loses = true;
    BOOST_TEST(answered(15s, "DISABLED") == refused);
    BOOST_TEST(answered(30s, "DISABLED") == right);
    BOOST_TEST(answered(30s, "VALID") == believed);
}

BOOST_AUTO_TEST_CASE(nothing_is_forgotten_where_nothing_happened) {
    auto& w = writes(10s, 10s, "REVOKED");
    w.lost = span{10s, 10s};
    BOOST_TEST(whole() == forgotten);
    breaks(8s, 9s);
    BOOST_TEST(whole() == forgotten); // a fault that loses nothing
    h.faults[0].loses = true;
    BOOST_TEST(whole() == right); // acknowledged by a server that was no primary any more
    h.faults[0].begin = h.faults[0].end = 4s;
    BOOST_TEST(whole() == forgotten); // for too long
    w.how = outcome::unknown;
    BOOST_TEST(whole() == right); // the write was never acknowledged
}

BOOST_AUTO_TEST_CASE(undecided_only_while_something_is_broken_and_a_little_after) {
    BOOST_TEST(answered(10s, "503") == undecided);
    BOOST_TEST(answered(10s, "none") == unanswered);
    breaks(20s, 21s);
    BOOST_TEST(answered_late(19s, 19999ms, "503") == undecided);
    BOOST_TEST(answered_late(19s, 20s, "503") == right);
    BOOST_TEST(answered(26s, "503") == right);
    BOOST_TEST(answered(26s, "none") == right);
    BOOST_TEST(answered(26001ms, "503") == undecided);
    BOOST_TEST(answered(26001ms, "none") == unanswered);
    // A fault excuses no wrong answer.
    BOOST_TEST(answered(20s, "REVOKED") == refused);
    BOOST_TEST(answered(20s, "500") == refused);
}

BOOST_AUTO_TEST_CASE(a_fault_of_one_node_excuses_that_one) {
    breaks(20s, 21s, 1);
    BOOST_TEST(answered(20s, "503", "k", 1) == right);
    BOOST_TEST(answered(20s, "503", "k", 0) == undecided);
}

BOOST_AUTO_TEST_CASE(a_fault_that_has_not_ended_excuses_all_that_follows) {
    breaks(20s, moment::max());
    BOOST_TEST(answered(100s, "503") == right);
    BOOST_TEST(answered(19s, "503") == undecided);
}

BOOST_AUTO_TEST_CASE(a_wrong_clock_has_its_codes) {
    auto& f = breaks(20s, 22s, 0);
    f.breaks = false;
    f.codes = {"EXPIRED"};
    BOOST_TEST(answered(21s, "EXPIRED") == right);
    BOOST_TEST(answered(27001ms, "EXPIRED") == refused);
    BOOST_TEST(answered(21s, "EXPIRED", "k", 1) == refused);
    BOOST_TEST(answered(21s, "503") == undecided);
}

BOOST_AUTO_TEST_CASE(where_nothing_is_broken_a_smaller_bound_may_hold) {
    by.bound = 30s;
    by.quiet_bound = 4s;
    writes(100s, 100s, "REVOKED");
    BOOST_TEST(answered(103s, "VALID") == right);
    BOOST_TEST(answered(104s, "VALID") == believed);
    breaks(100s, 100s);
    BOOST_TEST(answered(105s, "VALID") == right);
    BOOST_TEST(answered(105001ms, "VALID") == believed);
    BOOST_TEST(answered(131s, "VALID") == believed);
}

BOOST_AUTO_TEST_CASE(a_report_shows_what_surrounds_it) {
    writes(10s, 10100ms, "REVOKED").by = "SQL once";
    breaks(9s, 11s);
    h.reads = {{"k", 0, 9s, 9001ms, "VALID"},
               {"k", 1, 10s, 10001ms, "VALID"},
               {"unborn", 0, 12s, 12001ms, "NOT_FOUND"},
               {"k", 0, 13s, 13001ms, "VALID"},
               {"k", 0, 14s, 14001ms, "REVOKED"}};
    const auto found = judge(h, by);
    BOOST_REQUIRE(found.size() == 1);
    BOOST_TEST(found[0].at == 3);
    const auto report = text(found[0], h, by);
    for (const char* part :
         {"believed past the bound: k; right would be REVOKED", "at first VALID",
          "10.0000–10.1000  k := REVOKED  acknowledged  (SQL once)",
          "    read  9.0000–9.0010  node 0  k = VALID",
          "  > read  13.0000–13.0010  node 0  k = VALID",
          "    read  14.0000–14.0010  node 0  k = REVOKED", "fault it breaks  9.0000–11.0000"})
        BOOST_TEST(report.find(part) != std::string::npos, part << " in " << report);
    BOOST_TEST(report.find("unborn") == std::string::npos);
    BOOST_TEST(report.find("node 1") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
