// The pipeline's decisions, without a socket: what is sent and what comes back.
#include "pg/connection/pipeline.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using latchkey::core::milliseconds;
using latchkey::core::steady_time;
using latchkey::pg::query;
using event = latchkey::pg::pipeline::event;
using action = latchkey::pg::pipeline::action;

namespace {

struct silent_query final : query {
    void succeeded(const pg_result&) override {}
    void failed(const latchkey::pg::query_failure&) override {}
};

// The whole answer to one query.
void answer(class latchkey::pg::pipeline& p) {
    BOOST_TEST((p.received(event::result) == action::deliver));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::sync) == action::carry_on));
}

} // namespace

BOOST_AUTO_TEST_SUITE(pipeline)

BOOST_AUTO_TEST_CASE(answers_come_in_the_order_of_the_questions) {
    class latchkey::pg::pipeline p(4);
    silent_query first, second, third;
    p.sent(first);
    p.sent(second);

    BOOST_TEST(&p.front() == &first);
    answer(p);
    p.sent(third);
    BOOST_TEST(&p.front() == &second);
    answer(p);
    BOOST_TEST(&p.front() == &third);
    answer(p);
    BOOST_TEST(p.empty());
}

// Behind a pooler the settings have an answer of their own, which goes to no query.
BOOST_AUTO_TEST_CASE(settings_go_before_a_query) {
    class latchkey::pg::pipeline p(4);
    silent_query first, second;
    first.sent_at = steady_time(milliseconds(1));
    p.sent_with_settings(first);
    p.sent(second);
    BOOST_TEST((p.waiting_since() == first.sent_at));
    BOOST_TEST((p.received(event::result) == action::settings));
    BOOST_TEST((p.waiting_since() == first.sent_at));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST(&p.front() == &first);
    answer(p);
    BOOST_TEST(&p.front() == &second);
    answer(p);
    BOOST_TEST(p.empty());
}

const latchkey::pg::statement opening{"opening", "select 1", 0};

// Before its own statement a query may have another, whose answer it is told apart.
BOOST_AUTO_TEST_CASE(a_statement_before_a_query_has_an_answer_of_its_own) {
    for (const bool pooled : {false, true})
        BOOST_TEST_CONTEXT("pooled " << pooled) {
            class latchkey::pg::pipeline p(4);
            silent_query first, second;
            first.before = &opening;
            if (pooled) {
                p.sent_with_settings(first);
                BOOST_TEST((p.received(event::result) == action::settings));
                BOOST_TEST((p.received(event::end_mark) == action::carry_on));
            } else {
                p.sent(first);
            }
            p.sent(second);
            BOOST_TEST((p.received(event::result) == action::before));
            BOOST_TEST((p.received(event::end_mark) == action::carry_on));
            BOOST_TEST(&p.front() == &first);
            answer(p);
            BOOST_TEST(&p.front() == &second);
            answer(p);
        }
}

// The server then skips the query itself, which has an error all the same.
BOOST_AUTO_TEST_CASE(a_query_fails_once_with_the_statement_before_it) {
    class latchkey::pg::pipeline p(4);
    silent_query first, second;
    first.before = &opening;
    p.sent(first);
    p.sent(second);
    BOOST_TEST((p.received(event::error) == action::deliver));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::error) == action::carry_on));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::sync) == action::carry_on));
    BOOST_TEST(&p.front() == &second);
    answer(p);

    // Told once, it is not told again when the connection ends.
    p.sent(first);
    p.sent(second);
    BOOST_TEST((p.received(event::error) == action::deliver));
    const auto left = p.abandon();
    BOOST_TEST(left.size() == 1u);
    BOOST_TEST(left.at(0) == &second);
}

BOOST_AUTO_TEST_CASE(rows_of_a_skipped_query_close) {
    class latchkey::pg::pipeline p(1);
    silent_query one;
    one.before = &opening;
    p.sent(one);
    BOOST_TEST((p.received(event::error) == action::deliver));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::result) == action::close));
}

BOOST_AUTO_TEST_CASE(settings_out_of_order_close) {
    struct {
        std::vector<event> in_order;
        event next;
    } const cases[] = {
        {{}, event::end_mark},
        {{}, event::sync},
        {{event::result}, event::result},
        {{event::result}, event::sync},
        {{event::result, event::end_mark}, event::end_mark},
        {{event::result, event::end_mark}, event::sync},
    };
    for (const auto& c : cases) {
        class latchkey::pg::pipeline p(1);
        silent_query q;
        p.sent_with_settings(q);
        for (const auto e : c.in_order)
            BOOST_TEST((p.received(e) != action::close));
        BOOST_TEST((p.received(c.next) == action::close));
        // The query has no answer yet, and abandon() returns it.
        BOOST_TEST(p.abandon().size() == 1u);
    }
}

// The rows of a query that waits for its commit are told when the sync has come.
BOOST_AUTO_TEST_CASE(rows_may_wait_for_their_commit) {
    class latchkey::pg::pipeline p(2);
    silent_query first, second;
    first.until_commit = true;
    first.sent_at = steady_time(milliseconds(1));
    p.sent(first);
    p.sent(second);
    BOOST_TEST((p.received(event::result) == action::keep));
    BOOST_TEST((p.waiting_since() == first.sent_at));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::sync) == action::committed));
    BOOST_TEST(&p.take_committed() == &first);
    BOOST_TEST(&p.front() == &second);
    answer(p);
}

BOOST_AUTO_TEST_CASE(an_error_instead_of_the_commit_is_the_result) {
    class latchkey::pg::pipeline p(2);
    silent_query first, second;
    first.until_commit = true;
    p.sent(first);
    p.sent(second);
    BOOST_TEST((p.received(event::result) == action::keep));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::error) == action::deliver));
    BOOST_TEST(&p.front() == &first);
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::sync) == action::carry_on));
    BOOST_TEST(&p.front() == &second);
    answer(p);

    // An error of the statement itself is told at once, and nothing is committed.
    p.sent(first);
    BOOST_TEST((p.received(event::error) == action::deliver));
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST((p.received(event::sync) == action::carry_on));
    BOOST_TEST(p.empty());
}

BOOST_AUTO_TEST_CASE(without_its_commit_a_query_is_unanswered) {
    class latchkey::pg::pipeline p(1);
    silent_query q;
    q.until_commit = true;
    for (const std::size_t steps : {1u, 2u}) {
        p.sent(q);
        BOOST_TEST((p.received(event::result) == action::keep));
        if (steps == 2) BOOST_TEST((p.received(event::end_mark) == action::carry_on));
        const auto unanswered = p.abandon();
        BOOST_REQUIRE(unanswered.size() == 1u);
        BOOST_TEST(unanswered.front() == &q);
    }
    // Once it is answered, another error is out of order.
    p.sent(q);
    p.received(event::result);
    p.received(event::end_mark);
    p.received(event::error);
    p.received(event::end_mark);
    BOOST_TEST((p.received(event::error) == action::close));
    BOOST_TEST(p.abandon().empty());
}

BOOST_AUTO_TEST_CASE(no_more_go_out_than_may) {
    class latchkey::pg::pipeline p(2);
    silent_query first, second;
    BOOST_TEST(p.may_send());
    p.sent(first);
    p.sent(second);
    BOOST_TEST(!p.may_send());

    // There is room only when the sync has come.
    BOOST_TEST((p.received(event::result) == action::deliver));
    BOOST_TEST(!p.may_send());
    BOOST_TEST((p.received(event::end_mark) == action::carry_on));
    BOOST_TEST(!p.may_send());
    BOOST_TEST((p.received(event::sync) == action::carry_on));
    BOOST_TEST(p.may_send());
    BOOST_TEST(p.in_flight() == 1u);
}

BOOST_AUTO_TEST_CASE(whatever_is_out_of_order_closes) {
    struct {
        const char* after;
        std::size_t steps; // steps of an answer that were in order
        event next;
    } const cases[] = {
        {"the question", 0, event::end_mark},   {"the question", 0, event::sync},
        {"the result", 1, event::result},       {"the result", 1, event::sync},
        {"the end mark", 2, event::result},     {"the end mark", 2, event::end_mark},
        {"the whole answer", 3, event::result}, {"the whole answer", 3, event::end_mark},
        {"the whole answer", 3, event::sync},
    };
    const event in_order[] = {event::result, event::end_mark, event::sync};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("after " << c.after << ", event " << static_cast<int>(c.next)) {
            class latchkey::pg::pipeline p(4);
            silent_query only;
            p.sent(only);
            for (std::size_t i = 0; i < c.steps; ++i)
                BOOST_TEST((p.received(in_order[i]) != action::close));
            BOOST_TEST((p.received(c.next) == action::close));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_break_at_any_step_leaves_out_who_was_told) {
    const event in_order[] = {event::result, event::end_mark, event::sync};
    for (std::size_t steps = 0; steps <= 6; ++steps) {
        BOOST_TEST_CONTEXT(steps << " steps were taken") {
            class latchkey::pg::pipeline p(4);
            silent_query first, second, third;
            for (auto* q : {&first, &second, &third})
                p.sent(*q);
            for (std::size_t i = 0; i < steps; ++i)
                p.received(in_order[i % 3]);

            std::vector<query*> expected = {&first, &second, &third};
            expected.erase(expected.begin(), expected.begin() + (steps + 2) / 3);
            BOOST_TEST((p.abandon() == expected));
            BOOST_TEST(p.empty());
            BOOST_TEST(p.abandon().empty());
            BOOST_TEST((p.received(event::result) == action::close));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_oldest_without_an_answer_tells_since_when) {
    class latchkey::pg::pipeline p(4);
    BOOST_TEST(!p.waiting_since());
    silent_query first, second;
    first.sent_at = steady_time(milliseconds(10));
    second.sent_at = steady_time(milliseconds(20));
    p.sent(first);
    p.sent(second);
    BOOST_TEST((p.waiting_since() == first.sent_at));

    p.received(event::result);
    BOOST_TEST((p.waiting_since() == second.sent_at));
    p.received(event::end_mark);
    p.received(event::sync);
    p.received(event::result);
    BOOST_TEST(!p.waiting_since());
}

BOOST_AUTO_TEST_SUITE_END()
