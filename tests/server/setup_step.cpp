#include "server/setup/setup_step.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::server;

namespace {

using state = outlook::state;

// A thing that is done in so many rounds.
struct thing {
    int left = 1;
    int looks = 0;
    std::string breaks{};

    setup_step step(std::string_view name) {
        return {"part", name,
                [this]() -> core::result<outlook> {
                    ++looks;
                    if (left == 0) return outlook{state::done, "it is there"};
                    return outlook{state::to_do, "make it"};
                },
                [this]() -> core::result<void> {
                    if (!breaks.empty())
                        return core::failure{core::failure_kind::unavailable, breaks};
                    --left;
                    return {};
                }};
    }
};

const auto silent = [](const outlook&) {};

} // namespace

BOOST_AUTO_TEST_SUITE(setup_step)

BOOST_AUTO_TEST_CASE(what_is_there_is_left_alone) {
    thing one{.left = 0};
    const auto done = perform({one.step("one")}, silent);
    BOOST_TEST(!done.at(0).changed);
    BOOST_TEST(json_of(done) == R"({"changed":0,"steps":[{"step":"one","state":"done",)"
                                R"("what":"it is there","commands":[],"details":[]}]})");
}

BOOST_AUTO_TEST_CASE(a_step_goes_on_until_nothing_is_left_of_it) {
    thing one{.left = 2};
    int begun = 0;
    const auto done = perform({one.step("one")}, [&](const outlook&) { ++begun; });
    BOOST_TEST(begun == 2);
    BOOST_TEST(done.at(0).changed);
    BOOST_TEST(json_of(done).find(R"("state":"changed","what":"make it")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_step_that_changes_nothing_ends_and_says_so) {
    thing one{.left = 1000};
    const auto done = perform({one.step("one")}, silent);
    BOOST_TEST(done.at(0).failed == "it is still not done: make it");
}

BOOST_AUTO_TEST_CASE(behind_a_failure_nothing_is_tried) {
    thing one{.breaks = "no"}, two;
    const auto done = perform({one.step("one"), two.step("two")}, silent);
    BOOST_TEST(done.size() == 1U);
    BOOST_TEST(done.at(0).failed == "no");
    BOOST_TEST(two.looks == 0);
    BOOST_TEST(json_of(done).find(R"("state":"failed","what":"no")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(looking_changes_nothing) {
    thing one, two{.left = 0};
    const auto seen = look_at({one.step("one"), two.step("two")});
    BOOST_TEST(one.left == 1);
    BOOST_TEST(seen.size() == 2U);
    BOOST_TEST(json_of(seen).find(R"("changed":0)") != std::string::npos);
    BOOST_TEST(json_of(seen).find(R"("state":"to_do")") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
