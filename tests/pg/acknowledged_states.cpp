#include "pg/feed/acknowledged_states.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using known_states = pg::acknowledged_states;
using next = known_states::next;

namespace {

pg::database_identity database(const std::string& place, std::optional<std::string> era) {
    return {place, std::move(era)};
}
const auto first = database("7/16384/00000001", "a");
const auto promoted = database("7/16384/00000002", "b");

pg::feed_poll answer(const pg::database_identity& of, std::optional<std::uint64_t> beat) {
    pg::feed_poll poll;
    poll.identity = of;
    poll.beat = beat;
    poll.pruned_below = 100;
    poll.taken_at = "200:200:";
    return poll;
}

struct states : known_states {
    states() {
        add({4, "100:104:", 40});
        add({5, "105:109:106", 50});
    }
    next what(const pg::feed_poll& poll, const pg::database_identity& from = first,
              const std::optional<std::string>& asked = "105:109:106") const {
        return decide(poll, from, asked).what;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(acknowledged_states, states)

BOOST_AUTO_TEST_CASE(a_database_that_remembers_a_heartbeat_goes_on) {
    BOOST_TEST((what(answer(promoted, 5)) == next::go_on));
    BOOST_TEST(decide(answer(promoted, 5), first, "105:109:106").state->first_fact == 50u);
    // It is asked from where that heartbeat was sent, for rows of all eras.
    BOOST_TEST((what(answer(promoted, 5), first, std::nullopt) == next::poll_there));
    BOOST_TEST((what(answer(promoted, 4)) == next::poll_there));
    BOOST_TEST((what(answer(promoted, 4), first, "100:104:") == next::go_on));
    // After a crash, the same server has another era.
    BOOST_TEST((what(answer(database("7/16384/00000001", "c"), 5)) == next::go_on));
    BOOST_TEST((what(answer(database("7/16384/00000001", std::nullopt), 5)) == next::begin_era));
}

BOOST_AUTO_TEST_CASE(any_other_is_read_anew) {
    BOOST_TEST((what(answer(promoted, std::nullopt)) == next::nothing)); // no row
    BOOST_TEST((what(answer(promoted, 3)) == next::nothing));            // too old, or never known
    BOOST_TEST((what(answer(promoted, 6)) == next::nothing));            // its outcome is not known
    BOOST_TEST((what(answer(first, 5)) == next::nothing));               // it is the same
    BOOST_TEST((what(answer(first, 4)) == next::nothing));               // files were put back
    BOOST_TEST((what(answer(database("7/16999/00000002", "b"), 5)) == next::nothing));
    BOOST_TEST((what(answer(database("8/16384/00000002", "b"), 5)) == next::nothing));
    BOOST_TEST((what(answer(first, 5), promoted) == next::nothing)); // one that was left behind
    auto poll = answer(promoted, 5);
    poll.more = true; // too much for one answer
    BOOST_TEST((what(poll) == next::nothing));
    poll = answer(promoted, 5);
    poll.pruned_below = 106; // a change after that state may be gone
    BOOST_TEST((what(poll) == next::nothing));
    poll = answer(promoted, 5);
    poll.taken_at = "108:108:"; // its transactions are fewer than that state had
    BOOST_TEST((what(poll) == next::nothing));
}

BOOST_AUTO_TEST_CASE(only_the_last_ones_are_known) {
    for (std::uint64_t beat = 6; beat < 6 + most; ++beat)
        add({beat, "105:109:", beat});
    BOOST_TEST(find(5) == nullptr);
    BOOST_TEST(find(6)->first_fact == 6u);
    forget();
    BOOST_TEST(find(6) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
