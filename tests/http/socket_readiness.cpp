#include "http/socket_readiness.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using enum net::io_direction;

namespace {

struct told_readiness : http::socket_readiness {
    bool allows(net::io_direction what, std::uint32_t events) {
        tell(events);
        return http::socket_readiness::allows(what, events);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(socket_readiness)

BOOST_AUTO_TEST_CASE(bytes_let_the_reader_go_on_until_they_are_read) {
    told_readiness r;
    BOOST_TEST(!r.allows(input, EPOLLOUT));
    BOOST_TEST(r.allows(input, EPOLLIN | EPOLLOUT));
    BOOST_TEST(r.unread());
    // The read was cut short by its room: an edge-triggered set would not tell again.
    r.read(true, true);
    BOOST_TEST(r.allows(input, 0));
    r.read(true, false);
    BOOST_TEST(!r.unread());
    BOOST_TEST(!r.allows(input, 0));
}

BOOST_AUTO_TEST_CASE(what_arrives_while_nobody_reads_is_remembered) {
    told_readiness r;
    BOOST_TEST(r.allows(output, EPOLLIN | EPOLLOUT));
    BOOST_TEST(!r.allows(output, EPOLLIN));
    BOOST_TEST(r.unread());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_bytes_is_found_by_a_read_that_finds_none) {
    for (const std::uint32_t end : {EPOLLRDHUP, EPOLLHUP, EPOLLERR}) {
        told_readiness r;
        BOOST_TEST(r.allows(input, EPOLLIN | end));
        r.read(true, false);
        BOOST_TEST(r.unread());
        r.read(false, false);
        BOOST_TEST(!r.unread());
    }
}

BOOST_AUTO_TEST_CASE(a_writer_goes_on_when_it_can_write_or_has_its_turn) {
    told_readiness r;
    for (const std::uint32_t events : {std::uint32_t{0}, std::uint32_t{EPOLLOUT},
                                       std::uint32_t{EPOLLHUP}, std::uint32_t{EPOLLERR}})
        BOOST_TEST(r.allows(output, events));
    // The client has ended its side, and may still read.
    BOOST_TEST(!r.allows(output, EPOLLRDHUP));
}

BOOST_AUTO_TEST_CASE(somebody_else_reads_and_says_what_is_left) {
    told_readiness r;
    BOOST_TEST(r.allows(input, EPOLLIN));
    r.expect(false);
    BOOST_TEST(!r.unread());
    r.expect(true);
    BOOST_TEST(r.allows(input, 0));
}

BOOST_AUTO_TEST_SUITE_END()
