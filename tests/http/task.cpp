#include "http/task.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

using namespace latchkey;

namespace {

struct pause {
    std::coroutine_handle<>& where;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) const noexcept { where = h; }
    void await_resume() const noexcept {}
};

struct guard {
    int& count;
    ~guard() { ++count; }
};

http::task<int> twice(int n, std::coroutine_handle<>& where) {
    co_await pause{where};
    if (n < 0) throw std::runtime_error("negative");
    co_return 2 * n;
}

http::detached run(int n, std::coroutine_handle<>& where, std::string& log, int& ended,
                   std::coroutine_handle<>* frame = nullptr) {
    const auto own = co_await http::own_frame();
    if (frame) *frame = own;
    guard g{ended};
    try {
        const int result = co_await twice(n, where);
        log += std::to_string(result);
    } catch (const std::exception& e) {
        log += e.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(task)

BOOST_AUTO_TEST_CASE(goes_on_where_it_was_resumed) {
    std::coroutine_handle<> where;
    std::string log;
    int ended = 0;
    run(21, where, log, ended);
    BOOST_TEST(log.empty());
    where.resume();
    BOOST_TEST(log == "42");
    BOOST_TEST(ended == 1);
}

BOOST_AUTO_TEST_CASE(hands_its_exception_to_who_awaits_it) {
    std::coroutine_handle<> where;
    std::string log;
    int ended = 0;
    run(-1, where, log, ended);
    where.resume();
    BOOST_TEST(log == "negative");
}

BOOST_AUTO_TEST_CASE(ends_with_its_outermost_frame_while_suspended) {
    std::coroutine_handle<> where, frame;
    std::string log;
    int ended = 0;
    run(1, where, log, ended, &frame);
    frame.destroy();
    BOOST_TEST(ended == 1);
    BOOST_TEST(log.empty());
}

BOOST_AUTO_TEST_CASE(without_a_caller_its_owner_resumes_it) {
    std::coroutine_handle<> where;
    auto good = twice(1, where);
    good.resume();
    BOOST_TEST((where != nullptr)); // it has begun
    good.resume();
    auto bad = twice(-1, where);
    bad.resume();
    BOOST_CHECK_THROW(bad.resume(), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
