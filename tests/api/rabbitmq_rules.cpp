// What a device may at RabbitMQ: virtual hosts, queues, exchanges, routing keys.
#include "api/broker/rabbitmq_rules.hpp"
#include "api/broker/routing_key.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::api::broker;

namespace {

const std::vector<std::string> scopes = {"mqtt:publish:sensors/%c/#", "mqtt:subscribe:cmd/+/now",
                                         "mqtt:subscribe:v1.2/+",     "mqtt:publish:stars/*",
                                         "mqtt:subscribe:$SYS/#",     "mqtt:publish:open/#"};

const routed_device door{"door", "acme", scopes};

} // namespace

BOOST_AUTO_TEST_SUITE(rabbitmq_rules)

BOOST_AUTO_TEST_CASE(a_routing_key_is_a_topic) {
    struct {
        std::string key, topic;
    } const cases[] = {
        {"a", "a"},        {"a.b", "a/b"},    {"a.*.b", "a/+/b"},   {"a.#", "a/#"}, {".a", "/a"},
        {"a..b", "a//b"},  {"*", "+"},        {"#", "#"},           {"a*", "a+"},   {"", ""},
        {"a/b", "(none)"}, {"a.+", "(none)"}, {"$SYS.x", "$SYS/x"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.key) {
            BOOST_TEST(topic_of(c.key).value_or("(none)") == c.topic);
        }
}

BOOST_AUTO_TEST_CASE(virtual_hosts) {
    const auto enters = [](const routed_device& device, std::string_view vhost,
                           std::string_view client_id) {
        return may_enter(device, {vhost, {}, {}, {}, client_id, {}});
    };
    BOOST_TEST(enters(door, "/", "door"));
    BOOST_TEST(enters(door, "/", "other"));
    BOOST_TEST(enters(door, "acme", "door"));
    for (const auto* other : {"", "others", "ACME", "//", "/acme"})
        BOOST_TEST_CONTEXT(other)
    BOOST_TEST(!enters(door, other, "door"));
    BOOST_TEST(!enters({"door", "", {}}, "", "door"));
    // AMQP's clients have none.
    BOOST_TEST(!enters(door, "/", ""));
    BOOST_TEST(!enters(door, "acme", ""));
}

BOOST_AUTO_TEST_CASE(resources) {
    struct {
        std::string resource, name, permission, client_id, vhost;
        bool allowed;
    } const cases[] = {
        {"queue", "mqtt-subscription-doorqos0", "configure", "door", "/", true},
        {"queue", "mqtt-subscription-doorqos0", "write", "door", "/", true},
        {"queue", "mqtt-subscription-doorqos0", "read", "door", "/", true},
        {"queue", "mqtt-subscription-doorqos1", "configure", "door", "/", true},
        {"queue", "mqtt-subscription-doorqos1", "read", "door", "acme", true},
        {"exchange", "amq.topic", "write", "door", "/", true},
        {"exchange", "amq.topic", "read", "door", "/", true},
        {"exchange", "amq.topic", "write", "other", "/", true}, // the topics decide
        {"exchange", "amq.topic", "read", "other", "/", false},
        // It comes by AMQP, where a message may name further keys.
        {"exchange", "amq.topic", "write", "", "/", false},
        {"exchange", "amq.topic", "read", "", "/", false},
        {"exchange", "amq.topic", "configure", "door", "/", false},
        {"exchange", "amq.topic", "delete", "door", "/", false},
        {"exchange", "amq.topic", "", "door", "/", false},
        {"exchange", "amq.default", "write", "door", "/", false},
        {"exchange", "amq.direct", "write", "door", "/", false},
        {"exchange", "amq.topic ", "write", "door", "/", false},
        {"exchange", "amq.topic", "write", "door", "others", false},
        {"exchange", "", "write", "door", "/", false},
        {"queue", "mqtt-subscription-doorqos2", "read", "door", "/", false},
        {"queue", "mqtt-subscription-doorqos01", "read", "door", "/", false},
        {"queue", "mqtt-subscription-doorqos", "read", "door", "/", false},
        {"queue", "mqtt-subscription-windowqos1", "read", "door", "/", false},
        {"queue", "mqtt-subscription-windowqos1", "read", "window", "/", false},
        {"queue", "mqtt-subscription-doorqos1", "read", "window", "/", false},
        {"queue", "mqtt-subscription-doorqos1", "read", "", "/", false},
        {"queue", "mqtt-subscription-doorqos1", "read", "door", "others", false},
        {"queue", "mqtt-subscription-doorqos1", "purge", "door", "/", false},
        {"queue", "amq.topic", "read", "door", "/", false},
        {"queue", "orders", "read", "door", "/", false},
        {"topic", "amq.topic", "write", "door", "/", false},
        {"", "amq.topic", "write", "door", "/", false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.permission << ' ' << c.resource << ' ' << c.name << " as "
                                        << c.client_id << " in " << c.vhost)
    BOOST_TEST(may_use(door, {c.vhost, c.resource, c.name, c.permission, c.client_id, {}}) ==
               c.allowed);
}

BOOST_AUTO_TEST_CASE(topics) {
    struct {
        std::string permission, key, client_id;
        bool allowed;
    } const cases[] = {
        {"write", "sensors.door.heat", "door", true},
        {"write", "sensors.door", "door", true},
        {"write", "sensors.window.heat", "door", false},
        {"write", "sensors.window.heat", "window", false},
        {"write", "sensors.door.heat", "window", false},
        {"write", "sensors.door.heat", "", false},
        {"write", "sensors.door.*", "door", false},
        {"write", "sensors.door.#", "door", false},
        {"write", "sensors/door/heat", "door", false},
        {"write", "cmd.a.now", "door", false},
        {"write", "", "door", false},
        {"write", "stars.*", "door", false}, // no star goes through RabbitMQ as it is
        {"write", "stars.a", "door", false},
        {"read", "cmd.a.now", "door", true},
        {"read", "cmd.*.now", "door", true},
        {"read", "cmd.*.now", "window", true},
        {"read", "cmd.a.now", "", false}, // not by MQTT
        {"read", "cmd.#", "door", false},
        {"read", "cmd.*.*", "door", false},
        {"read", "cmd.#.now", "door", false},
        {"read", "#", "door", false},
        {"read", "v1.2.x", "door", true}, // the filter's own dot is a level here
        {"read", "v1.2.*", "door", true},
        {"read", "v1.*.x", "door", false},
        {"read", "v1.2", "door", false},
        {"read", "$SYS.#", "door", true},
        {"read", "stars.*", "door", false},
        {"read", "sensors.door.heat", "door", false},
        {"read", "cmd.a.now", "", false},
        {"write", "open.x", "window", true},
        {"write", "open.x", "", false},
        {"configure", "sensors.door.heat", "door", false},
        {"", "sensors.door.heat", "door", false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.permission << ' ' << c.key << " as " << c.client_id)
    BOOST_TEST(may_route(door, {"/", "topic", "amq.topic", c.permission, c.client_id, c.key},
                         100) == c.allowed);
    const std::string key = "sensors.door.heat";
    BOOST_TEST(may_route(door, {"/", "topic", "amq.topic", "write", "door", key}, 100));
    BOOST_TEST(may_route(door, {"acme", "topic", "amq.topic", "write", "door", key}, 100));
    BOOST_TEST(!may_route(door, {"others", "topic", "amq.topic", "write", "door", key}, 100));
    BOOST_TEST(!may_route(door, {"/", "topic", "amq.direct", "write", "door", key}, 100));
    BOOST_TEST(!may_route(door, {"/", "exchange", "amq.topic", "write", "door", key}, 100));
    BOOST_TEST(!may_route(door, {"/", "topic", "amq.topic", "write", "door", key}, 4));
}

// Otherwise the device "a", whose scope is the same, might publish as the device "a.b".
BOOST_AUTO_TEST_CASE(an_id_with_a_dot_has_no_topic_of_its_own) {
    const routed_device dotted{"a.b", "acme", scopes};
    BOOST_TEST(
        !may_route(dotted, {"/", "topic", "amq.topic", "write", "a.b", "sensors.a.b.heat"}, 100));
    BOOST_TEST(may_route(dotted, {"/", "topic", "amq.topic", "read", "a.b", "cmd.x.now"}, 100));
    BOOST_TEST(may_use(dotted, {"/", "queue", "mqtt-subscription-a.bqos1", "read", "a.b", {}}));
}

BOOST_AUTO_TEST_SUITE_END()
