// Topic rules as EMQX reads them.
#include "api/broker/emqx_rules.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::api::broker;

namespace {

// "deny all #", one line each.
std::string rules_for(std::initializer_list<std::string> scopes) {
    const std::vector<std::string> all(scopes);
    const auto rules = topic_rules_of(all, "door", "door", 100);
    BOOST_REQUIRE(rules);
    std::string out;
    for (const auto& rule : emqx_rules_of(*rules))
        out +=
            std::string(rule.permission) + ' ' + std::string(rule.action) + ' ' + rule.topic + '\n';
    return out;
}

const std::string own_denied = "deny all $SYS/#\ndeny all $delayed/#\ndeny all $events/#\n"
                               "deny all $file/#\ndeny all $queue/#\ndeny all $share/#\n"
                               "deny all $exclusive/#\ndeny all $stream/#\n"
                               "deny all $LINK/#\n";

} // namespace

BOOST_AUTO_TEST_SUITE(emqx_rules)

BOOST_AUTO_TEST_CASE(what_is_not_allowed_is_denied_last) {
    BOOST_TEST(rules_for({}) == "deny all #\n");
    BOOST_TEST(rules_for({"devices:read"}) == "deny all #\n");
    BOOST_TEST(rules_for({"mqtt:publish:sensors/%c/#", "mqtt:subscribe:cmd/door"}) ==
               "allow publish sensors/door/#\nallow subscribe cmd/door\ndeny all #\n");
}

// EMQX's own comparison, which takes "#" for a level that "+" may stand for.
BOOST_AUTO_TEST_CASE(a_wider_subscription_does_not_pass_a_plus) {
    BOOST_TEST(rules_for({"mqtt:subscribe:cmd/+"}) ==
               "deny subscribe eq cmd/#\nallow subscribe cmd/+\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:subscribe:cmd/+/#"}) ==
               "deny subscribe eq cmd/#\nallow subscribe cmd/+/#\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:subscribe:cmd/+/now"}) ==
               "allow subscribe cmd/+/now\ndeny all #\n");
    // It is allowed by another rule.
    BOOST_TEST(rules_for({"mqtt:subscribe:cmd/+", "mqtt:subscribe:cmd/#"}) ==
               "allow subscribe cmd/+\nallow subscribe cmd/#\ndeny all #\n");
    // A topic has no wildcard.
    BOOST_TEST(rules_for({"mqtt:publish:cmd/+"}) == "allow publish cmd/+\ndeny all #\n");
    // One cannot deny all that is wider.
    BOOST_TEST(rules_for({"mqtt:subscribe:cmd/+/+"}) == "allow subscribe eq cmd/+/+\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:subscribe:a/+/b/+/#"}) ==
               "allow subscribe eq a/+/b/+/#\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:subscribe:+"}) ==
               "deny subscribe eq #\n" + own_denied + "allow subscribe +\ndeny all #\n");
}

BOOST_AUTO_TEST_CASE(a_wildcard_at_the_beginning_does_not_reach_what_is_emqxs_own) {
    BOOST_TEST(rules_for({"mqtt:publish:#"}) == own_denied + "allow publish #\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:subscribe:+/#"}) ==
               own_denied + "allow subscribe +/#\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:subscribe:#", "mqtt:subscribe:$SYS/brokers/#"}) ==
               "allow subscribe $SYS/brokers/#\n" + own_denied + "allow subscribe #\ndeny all #\n");
}

BOOST_AUTO_TEST_CASE(words_of_emqx_are_no_words_in_a_filter) {
    BOOST_TEST(rules_for({"mqtt:publish:a/${clientid}"}) ==
               "allow publish eq a/${clientid}\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:subscribe:a/${username}/+"}) ==
               "allow subscribe eq a/${username}/+\ndeny all #\n");
    BOOST_TEST(rules_for({"mqtt:publish:eq a/b"}) == "deny all #\n");
    BOOST_TEST(rules_for({"mqtt:publish:eq"}) == "allow publish eq\ndeny all #\n");
}

BOOST_AUTO_TEST_SUITE_END()
