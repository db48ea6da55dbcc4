#include <latchkey/core/cache/fingerprint.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey::core;

BOOST_AUTO_TEST_SUITE(fingerprint)

BOOST_AUTO_TEST_CASE(two_are_the_same_if_all_bits_are) {
    latchkey::core::fingerprint one{};
    one.fill(0xa5);
    BOOST_TEST(is_same(one, one));
    for (std::size_t bit = 0; bit < 8 * one.size(); ++bit) {
        auto other = one;
        other[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        BOOST_TEST(!is_same(one, other));
        BOOST_TEST(!is_same(other, one));
        // Two differences do not take each other out.
        other[(bit / 8 + 8) % 32] ^= static_cast<std::uint8_t>(1u << bit % 8);
        BOOST_TEST(!is_same(one, other));
    }
}

BOOST_AUTO_TEST_SUITE_END()
