#include "server/process/address_counts.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

namespace {

core::address at(const std::string& text) {
    return core::parse_address(text).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(address_counts)

BOOST_AUTO_TEST_CASE(each_address_has_its_own_places) {
    server::address_counts counts;
    auto* first = counts.take(at("192.0.2.1"), 2);
    BOOST_REQUIRE(first);
    BOOST_TEST(counts.take(at("192.0.2.1"), 2) == first);
    BOOST_TEST(!counts.take(at("192.0.2.1"), 2));
    BOOST_TEST(counts.take(at("192.0.2.2"), 2));
    server::address_counts::give_back(*first);
    BOOST_TEST(counts.take(at("192.0.2.1"), 2) == first);
}

BOOST_AUTO_TEST_CASE(a_64_of_ipv6_is_one_address_and_a_mapped_ipv4_is_ipv4) {
    server::address_counts counts;
    BOOST_TEST(counts.take(at("2001:db8::1"), 1));
    BOOST_TEST(!counts.take(at("2001:db8::ffff:2"), 1));
    BOOST_TEST(counts.take(at("2001:db8:0:1::1"), 1));
    BOOST_TEST(counts.take(at("::ffff:192.0.2.1"), 1));
    BOOST_TEST(!counts.take(at("192.0.2.1"), 1));
    BOOST_TEST(counts.take(at("192.0.2.2"), 1));
}

BOOST_AUTO_TEST_CASE(who_has_gone_is_forgotten) {
    server::address_counts counts;
    auto* stays = counts.take(at("192.0.2.1"), 1);
    for (int i = 0; i < 100'000; ++i) {
        const auto from = std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
        auto* place = counts.take(at("10." + std::to_string(i / 65536) + "." + from), 1);
        BOOST_REQUIRE(place);
        server::address_counts::give_back(*place);
    }
    BOOST_TEST(counts.size() < 200u);
    BOOST_TEST(!counts.take(at("192.0.2.1"), 1));
    server::address_counts::give_back(*stays);
    BOOST_TEST(counts.take(at("192.0.2.1"), 1));
}

BOOST_AUTO_TEST_SUITE_END()
