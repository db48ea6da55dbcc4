#include "fake_rows.hpp"

#include <latchkey/pg/legacy/mirror_state.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(mirror_state)

BOOST_AUTO_TEST_CASE(reads_the_counts_and_the_first_findings) {
    const auto state =
        pg::decode_mirror_state(fake_rows({fake_rows::row{int8(1), int8(2), int8(4), "[{}]"}}));
    BOOST_REQUIRE(state.has_value());
    BOOST_TEST(state->skipped == 1u);
    BOOST_TEST(state->disabled == 2u);
    BOOST_TEST(state->renamed == 4u);
    BOOST_TEST(state->unreadable() == 3u); // a renamed key is good
    BOOST_TEST(state->first == "[{}]");
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_none) {
    const fake_rows::row good = {int8(1), int8(2), int8(4), "[]"};
    BOOST_TEST(!pg::decode_mirror_state(fake_rows({}, 4)).has_value());
    BOOST_TEST(!pg::decode_mirror_state(fake_rows({good, good})).has_value());
    BOOST_TEST(!pg::decode_mirror_state(fake_rows({fake_rows::row{int8(1)}})).has_value());
    for (std::size_t i = 0; i < 3; ++i)
        for (const auto& bad :
             {std::optional<std::string>("1"), std::optional<std::string>(int8(-1)),
              std::optional<std::string>()}) {
            auto row = good;
            row[i] = bad;
            BOOST_TEST(!pg::decode_mirror_state(fake_rows({row})).has_value());
        }
}

BOOST_AUTO_TEST_SUITE_END()
