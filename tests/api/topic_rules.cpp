// What scopes allow at a broker.
#include "api/broker/topic_rules.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::api::broker;

namespace {

constexpr std::size_t many = 100;

// The filters of a device's one scope, or "(none)".
std::string filter_of(const std::string& scope, std::string_view id = "door",
                      std::string_view client_id = "door") {
    const std::vector<std::string> scopes = {scope};
    const auto rules = topic_rules_of(scopes, id, client_id, many);
    BOOST_REQUIRE(rules);
    return rules->empty() ? "(none)" : rules->front().filter;
}

} // namespace

BOOST_AUTO_TEST_SUITE(topic_rules)

BOOST_AUTO_TEST_CASE(a_scope_is_read_strictly) {
    struct {
        std::string scope, filter;
    } const cases[] = {
        {"mqtt:publish:a/b", "a/b"},
        {"mqtt:publish:#", "#"},
        {"mqtt:subscribe:a/+/#", "a/+/#"},
        {"mqtt:publish:a:b", "a:b"},
        {"mqtt:publish: a", " a"},
        {"mqtt:publish:%c", "door"},
        {"mqtt:publish:sensors/%c/#", "sensors/door/#"},
        {"mqtt:publish:sensors/dev-%c-%c", "sensors/dev-door-door"},
        {"mqtt:publish:100%%", "100%"},
        {"mqtt:publish:%%c", "%c"},
        {"mqtt:publish:%%%c", "%door"},
        {"mqtt:publish:%", "(none)"},
        {"mqtt:publish:a%", "(none)"},
        {"mqtt:publish:%C", "(none)"},
        {"mqtt:publish:%u", "(none)"},
        {"mqtt:publish:%25", "(none)"},
        {"mqtt:publish:", "(none)"},
        {"mqtt:publish", "(none)"},
        {"mqtt:publish:a/#/b", "(none)"},
        {"mqtt:publish:a+", "(none)"},
        {"mqtt:all:a", "(none)"},
        {"MQTT:publish:a", "(none)"},
        {"mqtt:Publish:a", "(none)"},
        {" mqtt:publish:a", "(none)"},
        {"devices:read", "(none)"},
        {"latchkey:verify", "(none)"},
        {"", "(none)"},
        {std::string("mqtt:publish:a\0b", 16), "(none)"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.scope) {
            BOOST_TEST(filter_of(c.scope) == c.filter);
        }
}

BOOST_AUTO_TEST_CASE(the_client_id_counts_only_if_it_is_the_credentials_own) {
    struct {
        std::string id, client_id, filter;
    } const cases[] = {
        {"door", "door", "s/door"},
        {"door", "Door", "(none)"},
        {"door", "window", "(none)"},
        {"door", "", "(none)"},
        {"door", "door ", "(none)"},
        {"", "", "(none)"},
        {"+", "+", "(none)"},
        {"#", "#", "(none)"},
        {"a/b", "a/b", "(none)"},
        {"a+", "a+", "(none)"},
        {"%c", "%c", "s/%c"},
        {"a.b", "a.b", "s/a.b"},
        {"\xc3\xa4", "\xc3\xa4", "s/\xc3\xa4"},
        {"$SYS", "$SYS", "s/$SYS"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.id << " as " << c.client_id) {
            BOOST_TEST(filter_of("mqtt:publish:s/%c", c.id, c.client_id) == c.filter);
            BOOST_TEST(filter_of("mqtt:publish:s/t", c.id, c.client_id) == "s/t");
        }
}

BOOST_AUTO_TEST_CASE(publishing_and_subscribing_are_two_things) {
    const std::vector<std::string> scopes = {"mqtt:publish:sensors/%c/#", "mqtt:subscribe:cmd/+",
                                             "mqtt:subscribe:all/#", "devices:read"};
    const auto rules = topic_rules_of(scopes, "door", "door", many);
    BOOST_REQUIRE(rules);
    BOOST_TEST(rules->size() == 3u);
    struct {
        topic_action what;
        std::string asked;
        bool allowed;
    } const cases[] = {
        {topic_action::publish, "sensors/door/heat", true},
        {topic_action::publish, "sensors/window/heat", false},
        {topic_action::publish, "sensors/door/+", false}, // no topic
        {topic_action::publish, "sensors/door/#", false},
        {topic_action::publish, "cmd/x", false},
        {topic_action::publish, "", false},
        {topic_action::subscribe, "sensors/door/heat", false},
        {topic_action::subscribe, "cmd/x", true},
        {topic_action::subscribe, "cmd/+", true},
        {topic_action::subscribe, "cmd/#", false},
        {topic_action::subscribe, "all/#", true},
        {topic_action::subscribe, "all/a/+/#", true},
        {topic_action::subscribe, "all/#/a", false}, // no filter
        {topic_action::subscribe, "#", false},
        {topic_action::subscribe, "", false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.asked)
    BOOST_TEST(allowed(*rules, c.what, c.asked) == c.allowed);
    BOOST_TEST(!allowed({}, topic_action::publish, "a"));
}

BOOST_AUTO_TEST_CASE(more_rules_than_the_bound_are_none) {
    std::vector<std::string> scopes(10, "mqtt:publish:a");
    scopes.insert(scopes.end(), 100, "devices:read");
    scopes.insert(scopes.end(), 100, "mqtt:publish:a#");
    BOOST_TEST(topic_rules_of(scopes, "door", "door", 10)->size() == 10u);
    BOOST_TEST(!topic_rules_of(scopes, "door", "door", 9));
    BOOST_TEST(topic_rules_of({}, "door", "door", 0)->empty());
}

BOOST_AUTO_TEST_SUITE_END()
