#include "question.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

BOOST_AUTO_TEST_SUITE(question)

namespace {

load::mix weighted_mix() {
    return load::read_mix(R"({"requests": [
        {"name": "a", "weight": 85, "path": "/a/{n}", "keys": {"distribution": "sequence", "first": 1, "count": 1000000}},
        {"name": "b", "weight": 10, "path": "/b"}, {"name": "c", "weight": 5, "path": "/c"}]})");
}

} // namespace

BOOST_AUTO_TEST_CASE(kinds_come_in_proportion_to_their_weights) {
    const auto what = weighted_mix();
    load::question_draw draw(what, "host", 1, 0, 1);
    std::map<std::size_t, double> seen;
    constexpr int draws = 200'000;
    for (int i = 0; i < draws; ++i)
        seen[draw.draw().kind] += 1.0 / draws;
    BOOST_TEST(seen[0] == 0.85, boost::test_tools::tolerance(0.02));
    BOOST_TEST(seen[1] == 0.10, boost::test_tools::tolerance(0.03));
    BOOST_TEST(seen[2] == 0.05, boost::test_tools::tolerance(0.04));
}

BOOST_AUTO_TEST_CASE(the_bytes_hold_the_number_that_was_drawn) {
    const auto what = weighted_mix();
    load::question_draw draw(what, "host", 1, 0, 1);
    std::uint64_t next = 1;
    for (int i = 0; i < 1000; ++i) {
        const auto drawn = draw.draw();
        if (drawn.kind != 0) continue;
        BOOST_REQUIRE_EQUAL(drawn.number, next++);
        BOOST_REQUIRE(
            drawn.bytes.starts_with("GET /a/" + std::to_string(drawn.number) + " HTTP/1.1\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(the_same_seed_asks_the_same) {
    const auto what = weighted_mix();
    load::question_draw one(what, "host", 7, 0, 1), same(what, "host", 7, 0, 1),
        other(what, "host", 8, 0, 1);
    int differs = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto kind = one.draw().kind;
        BOOST_REQUIRE_EQUAL(kind, same.draw().kind);
        differs += kind != other.draw().kind;
    }
    BOOST_TEST(differs > 0);
}

BOOST_AUTO_TEST_SUITE_END()
