#include <latchkey/core/flow/task.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>

using namespace latchkey::core;

namespace {

using callback = std::function<void(std::unique_ptr<int>)>;

task<int> sum(std::function<void(callback)> start, int times) {
    int all = 0;
    for (int i = 0; i < times; ++i) {
        const auto one =
            co_await called_back<std::unique_ptr<int>>([&](auto done) { start(std::move(done)); });
        all += *one;
    }
    co_return all;
}

detached tell(task<int> begun, int& out) {
    out = co_await begun;
}

} // namespace

BOOST_AUTO_TEST_SUITE(called_back_coroutines)

BOOST_AUTO_TEST_CASE(a_coroutine_goes_on_when_it_is_called_back) {
    callback later;
    int out = 0;
    tell(sum([&](callback done) { later = std::move(done); }, 2), out);
    const auto first = std::exchange(later, nullptr);
    first(std::make_unique<int>(3));
    BOOST_TEST(out == 0);
    later(std::make_unique<int>(4));
    BOOST_TEST(out == 7);
}

// The stack does not grow with each of them.
BOOST_AUTO_TEST_CASE(it_may_be_called_back_at_once) {
    int out = 0;
    tell(sum([](const callback& done) { done(std::make_unique<int>(1)); }, 100'000), out);
    BOOST_TEST(out == 100'000);
}

BOOST_AUTO_TEST_CASE(a_callback_may_have_no_value) {
    std::string told;
    const auto run = [](std::string& out) -> detached {
        co_await called_back([&](const std::function<void()>& done) {
            out += "started ";
            done();
        });
        out += "ended";
    };
    run(told);
    BOOST_TEST(told == "started ended");
}

BOOST_AUTO_TEST_SUITE_END()
