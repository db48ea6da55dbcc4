#include "../recorder.hpp"
#include "../settle.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::history;
using namespace std::chrono_literals;
// The operating system has a function of that name.
using written = latchkey::history::write;

namespace {

written one(int id, moment begin, outcome how, moment end) {
    written w;
    w.id = id;
    w.subject = "k";
    w.code = "REVOKED";
    w.begin = begin;
    w.end = end;
    w.how = how;
    return w;
}

bool is_lost(const written& w, moment from, moment to) {
    return w.lost && w.lost->from == from && w.lost->to == to;
}

} // namespace

BOOST_AUTO_TEST_SUITE(what_survives)

BOOST_AUTO_TEST_CASE(an_event_keeps_what_is_there_and_loses_the_rest) {
    std::vector<written> all = {
        one(0, 1s, outcome::acknowledged, 2s),
        one(1, 3s, outcome::acknowledged, 4s),
        one(2, 5s, outcome::unknown, moment::max()),
        one(3, 5s, outcome::unknown, moment::max()),
        one(4, 10500ms, outcome::acknowledged, 10600ms),
        one(5, 6s, outcome::failed, 7s),
    };
    settle(all, {0, 2}, {10s, 11s});
    BOOST_TEST(!all[0].lost);
    BOOST_TEST((all[0].end == 2s));
    BOOST_TEST(is_lost(all[1], 10s, 11s));
    // Its outcome was unknown, and it is there: so it is known now.
    BOOST_TEST(!all[2].lost);
    BOOST_TEST((all[2].how == outcome::acknowledged && all[2].end == 11s));
    BOOST_TEST(is_lost(all[3], 10s, 11s));
    // These began after the event had begun: the end of the run settles them.
    BOOST_TEST(!all[4].lost);
    BOOST_TEST(!all[5].lost);
}

BOOST_AUTO_TEST_CASE(the_end_finds_what_was_acknowledged_by_no_primary) {
    std::vector<written> all = {
        one(0, 1s, outcome::acknowledged, 2s),
        one(1, 3s, outcome::acknowledged, 4s),
        one(2, 5s, outcome::unknown, moment::max()),
        one(3, 5s, outcome::unknown, moment::max()),
    };
    settle_at_end(all, {0, 2}, {{8s, 9s}}, 20s);
    BOOST_TEST(!all[0].lost);
    BOOST_TEST(is_lost(all[1], 4s, 4s));
    BOOST_TEST((all[2].how == outcome::acknowledged && all[2].end == 20s));
    BOOST_TEST((all[3].how == outcome::unknown && !all[3].lost));
}

// The old primary acknowledged it while the standby was promoted; a later event has not lost it.
BOOST_AUTO_TEST_CASE(what_a_later_event_does_not_find_was_lost_before) {
    std::vector<written> all = {one(0, 8500ms, outcome::acknowledged, 8600ms),
                                one(1, 8500ms, outcome::acknowledged, 8600ms),
                                one(2, 10s, outcome::acknowledged, 11s),
                                one(3, 8s, outcome::unknown, moment::max())};
    settle_past(all, {1}, {{8s, 9s}}, 11s);
    BOOST_TEST(is_lost(all[0], 8600ms, 9s));
    BOOST_TEST(!all[1].lost);
    BOOST_TEST(!all[2].lost); // perhaps it came while the database was asked
    BOOST_TEST(!all[3].lost);
    settle(all, {}, {20s, 21s});
    BOOST_TEST(is_lost(all[0], 8600ms, 9s));
    BOOST_TEST(is_lost(all[1], 20s, 21s));
}

// A full disk ends the server some time after it is full; until then it acknowledges writes that
// are not on the disk yet.
BOOST_AUTO_TEST_CASE(what_began_during_an_event_may_be_seen_until_it_is_over) {
    std::vector<written> all = {
        one(0, 3s, outcome::acknowledged, 4s),
        one(1, 3s, outcome::acknowledged, 11s),
        one(2, 9s, outcome::acknowledged, 10s),
    };
    settle_at_end(all, {}, {{1s, 2s}, {3s, 9s}}, 20s);
    BOOST_TEST(is_lost(all[0], 4s, 9s));
    BOOST_TEST(is_lost(all[1], 11s, 11s));
    BOOST_TEST(is_lost(all[2], 10s, 10s));
}

// The writer was still connected to the old primary when the event had passed.
BOOST_AUTO_TEST_CASE(an_acknowledgement_may_come_after_the_event) {
    std::vector<written> all = {one(0, 9s, outcome::unknown, moment::max()),
                                one(1, 9s, outcome::unknown, moment::max())};
    settle(all, {1}, {10s, 11s});
    finish(all[0], outcome::acknowledged, 14s, true);
    BOOST_TEST(is_lost(all[0], 10s, 14s));
    finish(all[1], outcome::acknowledged, 14s, false);
    BOOST_TEST((all[1].end == 11s));
    auto in_doubt = one(2, 9s, outcome::unknown, moment::max());
    finish(in_doubt, outcome::unknown, 12s, false);
    BOOST_TEST((in_doubt.end == moment::max()));
}

// Until the address moves, nodes ask the old primary.
BOOST_AUTO_TEST_CASE(what_is_lost_may_be_seen_until_the_address_moves) {
    const std::map<std::string, std::string> initial{{"k", "VALID"}};
    recorder r(initial);
    const int id = r.begin_write("k", "REVOKED", "SQL");
    r.end_write(id, outcome::acknowledged);
    const auto from = r.now();
    r.settle_event({}, {from, r.now()});
    r.lost_until_now();
    const auto moved = r.now();
    const auto got = r.take({});
    BOOST_REQUIRE(got.writes.at(0).lost);
    BOOST_TEST((got.writes[0].lost->from == from));
    BOOST_TEST((got.writes[0].lost->to > from && got.writes[0].lost->to <= moved));
}

BOOST_AUTO_TEST_SUITE_END()
