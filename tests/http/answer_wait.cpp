#include "http/answer_wait.hpp"
#include "http/task.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;

namespace {

http::detached count_answers(http::answer_wait& answer, int most, int& seen) {
    for (; seen < most; ++seen)
        co_await answer;
}

} // namespace

BOOST_AUTO_TEST_SUITE(answer_wait)

BOOST_AUTO_TEST_CASE(an_answer_may_come_later) {
    http::answer_wait answer;
    int seen = 0;
    count_answers(answer, 2, seen);
    BOOST_TEST(seen == 0);
    answer.wake();
    BOOST_TEST(seen == 1);
    answer.wake();
    BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_before_it_is_waited_for) {
    http::answer_wait answer;
    answer.wake();
    int seen = 0;
    count_answers(answer, 2, seen);
    BOOST_TEST(seen == 1);
    answer.wake();
    BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_SUITE_END()
