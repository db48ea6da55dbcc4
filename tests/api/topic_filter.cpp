// Topics against filters, and filters against filters.
#include "api/broker/topic_filter.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey::api::broker;

BOOST_AUTO_TEST_SUITE(topic_filter)

BOOST_AUTO_TEST_CASE(topics_and_filters_are_told_apart) {
    const std::string longest(topic_bytes_max, 'a');
    struct {
        std::string text;
        bool topic, filter;
    } const cases[] = {
        {"a", true, true},
        {"a/b", true, true},
        {"/", true, true},
        {"/a", true, true},
        {"a/", true, true},
        {"a//b", true, true},
        {" ", true, true},
        {"$SYS/a", true, true},
        {"%c", true, true},
        {"a*b", true, true},
        {"\xc3\xa4/\xe2\x82\xac", true, true},
        {longest, true, true},
        {"+", false, true},
        {"#", false, true},
        {"a/+/b", false, true},
        {"+/+", false, true},
        {"a/#", false, true},
        {"/#", false, true},
        {"+/#", false, true},
        {"", false, false},
        {"a/#/b", false, false},
        {"#/", false, false},
        {"a#", false, false},
        {"a/b#", false, false},
        {"##", false, false},
        {"a+", false, false},
        {"a/+b/c", false, false},
        {"++", false, false},
        {"+#", false, false},
        {std::string("a\0b", 3), false, false},
        {longest + "a", false, false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text.substr(0, 40)) {
            BOOST_TEST(is_topic(c.text) == c.topic);
            BOOST_TEST(is_topic_filter(c.text) == c.filter);
        }
}

BOOST_AUTO_TEST_CASE(a_filter_covers_topics_and_narrower_filters) {
    struct {
        std::string granted, asked;
        bool covered;
    } const cases[] = {
        // topics
        {"a", "a", true},
        {"a", "A", false},
        {"a", "b", false},
        {"a", "a/", false},
        {"a", "/a", false},
        {"a/b", "a/b", true},
        {"a/b", "a", false},
        {"a/b", "a/b/c", false},
        {"a/+", "a/b", true},
        {"a/+", "a/", true}, // an empty level is a level
        {"a/+", "a", false},
        {"a/+", "a/b/c", false},
        {"+", "a", true},
        {"+", "/a", false},
        {"+/+", "/a", true},
        {"/+", "/a", true},
        {"+/b/+", "a/b/c", true},
        {"+/b/+", "a/c/c", false},
        {"a/#", "a", true}, // its parent level, too
        {"a/#", "a/", true},
        {"a/#", "a/b", true},
        {"a/#", "a/b/c/d", true},
        {"a/#", "ab", false},
        {"a/#", "ab/c", false},
        {"#", "a", true},
        {"#", "/", true},
        {"#", "/a/b", true},
        {"+/#", "a", true},
        {"+/#", "/", true},
        {"a//b", "a//b", true},
        {"a//b", "a/b", false},
        {"a/+/b", "a//b", true},
        {"a*", "ab", false},
        // topics of the broker itself
        {"#", "$SYS/x", false},
        {"+/x", "$SYS/x", false},
        {"+/#", "$SYS/x", false},
        {"$SYS/#", "$SYS/x", true},
        {"$SYS/#", "$SYS", true},
        {"$SYS/+", "$SYS/x", true},
        {"a/+", "a/$x", true},
        {"a/#", "a/$x/y", true},
        {"$SYS/#", "$SYSTEM/x", false},
        // filters
        {"a/+", "a/+", true},
        {"a/+", "a/#", false},
        {"a/+", "+/b", false},
        {"a/+", "+", false},
        {"a/+/c", "a/+/+", false},
        {"a/+/c", "a/b/c", true},
        {"a/+/c", "a/+/c", true},
        {"a/b", "a/+", false},
        {"a/b", "a/#", false},
        {"a/#", "a/#", true},
        {"a/#", "a/+", true},
        {"a/#", "a/+/#", true},
        {"a/#", "a/b/#", true},
        {"a/#", "#", false},
        {"a/#", "+/#", false},
        {"a/b/#", "a/#", false},
        {"a/+/#", "a/#", false}, // that has "a" as well
        {"a/+/#", "a/b/#", true},
        {"+", "#", false},
        {"+/+", "#", false},
        {"+/#", "+", true},
        {"#", "#", true},
        {"#", "+/a/#", true},
        {"#", "$SYS/#", false},
        {"$SYS/#", "#", false},
        {"+/a", "+/a", true},
        {"+/a", "$x/a", false},
        {"$x/a", "+/a", false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.granted << " covers " << c.asked)
    BOOST_TEST(covers(c.granted, c.asked) == c.covered);
}

// What the definition says, tried out: all topics and filters of a small alphabet.
BOOST_AUTO_TEST_CASE(what_a_covered_filter_matches_the_other_matches_as_well) {
    const std::vector<std::string> words = {"", "a", "b", "$", "+", "#"};
    std::vector<std::string> topics;
    std::vector<std::string> filters;
    const auto add = [&](const std::string& text) {
        if (is_topic(text)) topics.push_back(text);
        if (is_topic_filter(text)) filters.push_back(text);
    };
    for (const auto& x : words) {
        add(x);
        for (const auto& y : words) {
            add(x + '/' + y);
            for (const auto& z : words)
                add(x + '/' + y + '/' + z);
        }
    }
    BOOST_TEST(topics.size() > 80u);
    BOOST_TEST(filters.size() > 130u);
    std::size_t covered = 0;
    for (const auto& granted : filters)
        for (const auto& asked : filters) {
            if (!covers(granted, asked)) continue;
            ++covered;
            for (const auto& topic : topics)
                if (covers(asked, topic) && !covers(granted, topic))
                    BOOST_ERROR(granted << " covers " << asked << " but not " << topic);
        }
    BOOST_TEST(covered > filters.size());
}

// Each level is looked at once.
BOOST_AUTO_TEST_CASE(the_longest_filters_take_no_time) {
    std::string plus = "+";
    std::string levels = "a";
    while (plus.size() + 2 <= topic_bytes_max) {
        plus += "/+";
        levels += "/a";
    }
    BOOST_TEST(is_topic_filter(plus));
    BOOST_TEST(covers(plus, levels));
    BOOST_TEST(!covers(levels, plus));
    BOOST_TEST(!covers(plus, levels + "/a"));
    BOOST_TEST(covers("#", std::string(topic_bytes_max, '/')));
}

BOOST_AUTO_TEST_SUITE_END()
