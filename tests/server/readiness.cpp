#include "server/process/readiness.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr core::steady_time start{1000s};

api::process_status not_ready() {
    return {.ready = false, .reason = "no database", .state = "", .checks = {}};
}
api::process_status all_is_well() {
    return {.ready = true, .reason = "", .state = "", .checks = {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(readiness)

BOOST_AUTO_TEST_CASE(before_the_start_it_accepts_nothing) {
    const server::readiness r;
    BOOST_TEST(!r.accepts(start));
    BOOST_TEST(!r.ready());
}

BOOST_AUTO_TEST_CASE(it_accepts_as_soon_as_it_is_ready) {
    server::readiness r;
    r.accept_from(start + 10s);
    r.look(not_ready(), start);
    BOOST_TEST(!r.accepts(start));
    BOOST_TEST(r.text() == "not ready: no database");
    r.look(all_is_well(), start + 1s);
    BOOST_TEST(r.accepts(start + 1s));
    BOOST_TEST(r.text() == "ready");
}

BOOST_AUTO_TEST_CASE(it_does_not_wait_longer_than_it_was_told) {
    server::readiness r;
    r.accept_from(start + 10s);
    r.look(not_ready(), start + 9s);
    BOOST_TEST(!r.accepts(start + 9s));
    BOOST_TEST(r.accepts(start + 10s));
    BOOST_TEST(!r.ready());
}

BOOST_AUTO_TEST_CASE(it_goes_on_accepting_when_it_is_ready_no_more) {
    server::readiness r;
    r.accept_from(start + 10s);
    r.look(all_is_well(), start + 1s);
    r.look(not_ready(), start + 2s);
    BOOST_TEST(r.accepts(start + 2s));
    BOOST_TEST(!r.ready());
}

BOOST_AUTO_TEST_SUITE_END()
