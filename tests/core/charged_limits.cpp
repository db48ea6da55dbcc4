// What a request that comes again is not counted by twice.
#include <latchkey/core/flow/charged_limits.hpp>

#include <boost/test/unit_test.hpp>

using charged_by = latchkey::core::charged_limits;

BOOST_AUTO_TEST_SUITE(charged_limits)

BOOST_AUTO_TEST_CASE(only_what_comes_again_has_been_charged) {
    charged_by charged;
    charged.note(7);
    BOOST_TEST(!charged.holds(7)); // two items of one request may have the same limit
    BOOST_TEST(charged.come_again());
    BOOST_TEST(charged.holds(7));
    BOOST_TEST(!charged.holds(8));
}

BOOST_AUTO_TEST_CASE(each_stage_is_charged_for_itself) {
    charged_by charged;
    charged.note(6);
    charged.begin(charged_by::stage::items);
    BOOST_TEST(charged.come_again());
    BOOST_TEST(charged.holds(6));
    charged.begin(charged_by::stage::items);
    BOOST_TEST(!charged.holds(6));
    BOOST_TEST(charged.holds_at_all(6));
    BOOST_TEST(!charged.holds_at_all(7));
    charged.note(6);
    BOOST_TEST(charged.holds(6));
    BOOST_TEST(charged.come_again());
    BOOST_TEST(charged.holds(6));
    for (const auto s : {charged_by::stage::client, charged_by::stage::subject}) {
        charged.begin(s);
        BOOST_TEST(!charged.holds(6));
    }
}

BOOST_AUTO_TEST_CASE(it_does_not_come_again_for_ever) {
    charged_by charged;
    int turns = 0;
    while (charged.come_again())
        ++turns;
    BOOST_TEST(turns == 32);
}

BOOST_AUTO_TEST_CASE(past_its_room_nothing_is_forgotten_that_was_noted) {
    charged_by charged;
    for (std::uint64_t i = 0; i < 100; ++i)
        charged.note(i * 16);
    BOOST_TEST(charged.come_again());
    BOOST_TEST(charged.holds(0));
    BOOST_TEST(charged.holds(15 * 16));
    BOOST_TEST(!charged.holds(16 * 16));
}

BOOST_AUTO_TEST_SUITE_END()
