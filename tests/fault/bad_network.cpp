// The connection to PostgreSQL is slow, a black hole, breaks, or carries single bytes, under load.
#include "sick_node.hpp"

using namespace latchkey::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(bad_network)

BOOST_AUTO_TEST_CASE(latency_is_not_a_fault) {
    sick_node node(sick_node::path::tcp_proxy);
    node.proxy.delay(30ms);
    node.load->begin_anew();
    BOOST_TEST(soon([&] { return node.load->cold().right >= 200; }));
    BOOST_TEST(node.breaker() == 0);
    node.proxy.delay(0ms);
    BOOST_TEST(node.all_is_well());
    node.check_law();
}

BOOST_AUTO_TEST_CASE(later_than_the_deadline_is_undecided) {
    sick_node node(sick_node::path::unix_proxy);
    node.proxy.delay(1500ms);
    BOOST_TEST(node.opens());
    node.check_refusals(200);
    node.proxy.delay(0ms);
    BOOST_TEST(node.all_is_well(10s)); // what is under way arrives late first
    node.check_law();
}

BOOST_AUTO_TEST_CASE(a_black_hole) {
    for (const auto path : {sick_node::path::unix_proxy, sick_node::path::tcp_proxy}) {
        sick_node node(path);
        node.proxy.stall();
        BOOST_TEST(node.opens());
        node.check_refusals(500);
        node.proxy.pass();
        BOOST_TEST(node.all_is_well());
        node.check_law();
    }
}

BOOST_AUTO_TEST_CASE(connections_that_break_at_any_byte) {
    sick_node node(sick_node::path::tcp_proxy);
    for (int i = 0; i < 50; ++i) {
        const auto before = node.load->cold().right;
        node.proxy.reset();
        BOOST_TEST_REQUIRE(soon([&] { return node.load->cold().right > before; }));
    }
    BOOST_TEST(node.all_is_well());
    node.check_law();
}

BOOST_AUTO_TEST_CASE(single_bytes) {
    sick_node node(sick_node::path::tcp_proxy);
    node.proxy.trickle();
    node.load->begin_anew();
    BOOST_TEST(
        soon([&] { return node.load->cold().right + node.load->cold().refused >= 200; }, 30s));
    BOOST_TEST_MESSAGE("in single bytes " << node.load->cold().right << " were decided, "
                                          << node.load->cold().refused << " not");
    for (int i = 0; i < 10; ++i) {
        node.proxy.reset();
        std::this_thread::sleep_for(20ms); // into the middle of some answer
    }
    node.proxy.pass();
    BOOST_TEST(node.all_is_well());
    node.check_law();
}

BOOST_AUTO_TEST_SUITE_END()
