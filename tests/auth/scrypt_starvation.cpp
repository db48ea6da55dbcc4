#include <latchkey/auth/device/scrypt_starvation.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = auth::scrypt_starvation::patience;

// Two cores, and a computation that is wanted and does not end.
struct machine {
    auth::scrypt_starvation watch{2};
    core::boot_time now{1h};
    core::nanoseconds used{10min};
    std::uint64_t finished = 7;
    bool wanted = true;

    bool look() { return watch.look(wanted, finished, now, used); }
    bool pass(core::nanoseconds time, core::nanoseconds of_which_used) {
        now += time;
        used += of_which_used;
        return look();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(scrypt_starvation)

BOOST_AUTO_TEST_CASE(other_programs_have_the_machine) {
    machine m;
    BOOST_TEST(!m.look());
    BOOST_TEST(!m.pass(patience - 1ms, 0s));
    BOOST_TEST(m.pass(1ms, 1ms));
    BOOST_TEST(m.pass(1s, 100ms));
    ++m.finished;
    BOOST_TEST(!m.pass(1ms, 1ms));
    BOOST_TEST(!m.pass(patience - 1ms, 1ms));
    BOOST_TEST(m.pass(1ms, 1ms));
}

// Giving way to this process's own workers is intended.
BOOST_AUTO_TEST_CASE(the_process_itself_has_the_machine) {
    machine m;
    BOOST_TEST(!m.look());
    BOOST_TEST(!m.pass(10s, 20s));
    BOOST_TEST(!m.pass(10s, 0s)); // half of two cores since it began
    BOOST_TEST(m.pass(1ms, 0s));
}

BOOST_AUTO_TEST_CASE(nothing_is_wanted) {
    machine m;
    m.wanted = false;
    BOOST_TEST(!m.look());
    BOOST_TEST(!m.pass(10s, 0s));
    m.wanted = true;
    BOOST_TEST(!m.pass(patience - 1ms, 0s));
    BOOST_TEST(m.pass(1ms, 0s));
}

// The first look reports nothing, and neither does one after the clock was set back.
BOOST_AUTO_TEST_CASE(there_is_nothing_to_compare_with) {
    machine m;
    BOOST_TEST(!m.look());
    BOOST_TEST(m.pass(10s, 0s));
    BOOST_TEST(!m.pass(-1h, 0s));
    BOOST_TEST(!m.pass(patience - 1ms, 0s));
}

BOOST_AUTO_TEST_SUITE_END()
