// RabbitMQ's questions, without RabbitMQ: one word is the answer.
#include "support_brokers.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

const std::string base = "/integrations/rabbitmq/";
const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";

// As the backend of 3.10 sends them for MQTT.
const std::string user = "username=door&password=canary&vhost=%2F&client_id=door";
const std::string vhost = "username=door&vhost=%2F&ip=127.0.0.1&tags=&client_id=door";
const std::string queue =
    "username=door&vhost=%2F&resource=queue&"
    "name=mqtt-subscription-doorqos1&permission=configure&tags=&client_id=door";
const std::string exchange = "username=door&vhost=%2F&resource=exchange&name=amq.topic&"
                             "permission=write&tags=&client_id=door";
const std::string topic = "username=door&vhost=%2F&resource=topic&name=amq.topic&permission=write&"
                          "tags=&routing_key=sensors.door.heat&variable_map.client_id=door&"
                          "variable_map.username=door&variable_map.vhost=%2F";

// RabbitMQ is known by a unix listener.
struct known_broker : broker_worker {
    explicit known_broker(const std::string& scopes = "latchkey:verify:*",
                          const std::string& organization = {}) {
        know(scopes, organization);
        listener = "unix:/run/rabbitmq";
    }
    void know(const std::string& scopes, const std::string& organization) {
        const api::known_caller_configuration known{{}, "unix:/run/rabbitmq", scopes, organization};
        api.configure({}, {}, {}, {},
                      api::caller_rules::make({api::callers_mode::open}, {&known, 1}).value());
    }
    broker_answer about(const std::string& what, const std::string& body) {
        return ask(base + what, body, form);
    }
    std::string word(const std::string& what, const std::string& body) {
        const auto a = about(what, body);
        BOOST_TEST(a.status == 200);
        BOOST_TEST(a.field("Content-Type") == "text/plain");
        BOOST_TEST(a.field("Cache-Control") == "no-store");
        return a.body;
    }
};

std::string changed(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    BOOST_REQUIRE(at != text.npos);
    return text.replace(at, from.size(), to);
}

} // namespace

BOOST_AUTO_TEST_SUITE(rabbitmq)

BOOST_AUTO_TEST_CASE(a_device_that_may_is_allowed) {
    known_broker w;
    BOOST_TEST(w.word("user", user) == "allow");
    BOOST_TEST(w.word("vhost", vhost) == "allow");
    BOOST_TEST(w.word("resource", queue) == "allow");
    BOOST_TEST(w.word("resource", exchange) == "allow");
    BOOST_TEST(w.word("topic", topic) == "allow");
    BOOST_TEST(w.word("user", "username=door&password=canary") == "allow");
}

BOOST_AUTO_TEST_CASE(what_it_may_not_is_denied) {
    known_broker w;
    BOOST_TEST(w.word("user", changed(user, "canary", "wrong")) == "deny");
    BOOST_TEST(w.word("user", changed(user, "door", "nobody")) == "deny");
    BOOST_TEST(w.word("vhost", changed(vhost, "vhost=%2F", "vhost=others")) == "deny");
    BOOST_TEST(w.word("vhost", changed(vhost, "door", "nobody")) == "deny");
    BOOST_TEST(w.word("resource", changed(queue, "-door", "-window")) == "deny");
    BOOST_TEST(w.word("resource", changed(queue, "&client_id=door", "&client_id=x")) == "deny");
    BOOST_TEST(w.word("resource", changed(queue, "&client_id=door", "")) == "deny");
    BOOST_TEST(w.word("resource", changed(exchange, "amq.topic", "amq.fanout")) == "deny");
    BOOST_TEST(w.word("topic", changed(topic, "sensors", "other")) == "deny");
    BOOST_TEST(w.word("topic", changed(topic, "permission=write", "permission=read")) == "deny");
    BOOST_TEST(w.word("topic", changed(topic, "map.client_id=door", "map.client_id=x")) == "deny");
    // Without a client id it does not speak MQTT.
    BOOST_TEST(w.word("vhost", changed(vhost, "&client_id=door", "")) == "deny");
    BOOST_TEST(w.word("vhost", changed(vhost, "&client_id=door", "&client_id=")) == "deny");
    BOOST_TEST(w.word("resource", changed(exchange, "&client_id=door", "")) == "deny");
    BOOST_TEST(w.word("topic", changed(topic, "variable_map.client_id=door", "x=y")) == "deny");
    // The client id of another field is none.
    BOOST_TEST(w.word("topic", changed(topic, "variable_map.client_id", "client_id")) == "deny");
    BOOST_TEST(w.last_note.verdict == "INSUFFICIENT_SCOPES");
    BOOST_TEST(w.last_note.credential == "door");
}

BOOST_AUTO_TEST_CASE(a_device_that_is_not_good_any_more_is_denied_everywhere) {
    known_broker w;
    auto& revoked = w.add_device("revoked", "acme");
    revoked.scopes = {"mqtt:publish:#"};
    revoked.revoked = true;
    w.add_device("disabled", "acme").active = false;
    w.add_device("closed", "acme").organization_enabled = false;
    for (const std::string id : {"revoked", "disabled", "closed", "nobody"})
        BOOST_TEST_CONTEXT(id) {
            const auto of = [&](const std::string& text) {
                return changed(text, "username=door", "username=" + id);
            };
            BOOST_TEST(w.word("user", of(user)) == "deny");
            BOOST_TEST(w.word("vhost", of(vhost)) == "deny");
            BOOST_TEST(w.word("resource", of(exchange)) == "deny");
            BOOST_TEST(w.word("topic", of(topic)) == "deny");
        }
}

BOOST_AUTO_TEST_CASE(what_is_not_decided_has_its_status_and_the_same_word) {
    known_broker w;
    struct {
        std::string what, path, body, lines, method;
        int status;
    } const cases[] = {
        {"a missing field", "user", "username=door", form, "POST", 400},
        {"an empty secret", "user", "username=door&password=", form, "POST", 400},
        {"no routing key", "topic", changed(topic, "sensors.door.heat", ""), form, "POST", 400},
        {"a field twice", "user", user + "&username=window", form, "POST", 400},
        {"a broken escape", "user", changed(user, "canary", "%4"), form, "POST", 400},
        {"no UTF-8", "user", changed(user, "canary", "%ff"), form, "POST", 400},
        {"no body", "user", "", form, "POST", 400},
        {"JSON", "user", "{}", "Content-Type: application/json\r\n", "POST", 415},
        {"no type", "user", user, "", "POST", 415},
        {"compressed", "user", user, form + "Content-Encoding: gzip\r\n", "POST", 415},
        {"the default method", "user?" + user, "", "", "GET", 405},
        {"an unknown path", "users", user, form, "POST", 404},
        {"below", "user/x", user, form, "POST", 404},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            const auto a = w.ask(base + c.path, c.body, c.lines, c.method);
            BOOST_TEST(a.status == c.status);
            BOOST_TEST(a.body == "deny");
            BOOST_TEST(a.field("Content-Type") == "text/plain");
            BOOST_TEST(w.last_reason.find("canary") == std::string::npos);
        }
    w.store.away = true;
    for (const auto& [what, body] :
         {std::pair{"user", user}, {"vhost", vhost}, {"resource", queue}, {"topic", topic}}) {
        const auto a = w.about(what, body);
        BOOST_TEST(a.status == 503);
        BOOST_TEST(a.body == "deny");
        // Erlang's client would obey it, and let the MQTT client wait.
        BOOST_TEST(a.field("Retry-After") == "(none)");
        BOOST_TEST(a.field("X-Latchkey-Code") == "UNAVAILABLE");
    }
    w.store.away = false;
    BOOST_TEST(w.word("user", user) == "allow");
}

BOOST_AUTO_TEST_CASE(nobody_but_a_known_caller_is_told_anything) {
    known_broker w;
    const auto all = {
        std::pair{"user", user}, {"vhost", vhost}, {"resource", queue}, {"topic", topic}};
    w.listener.clear(); // open as it is, this is another's connection
    for (const auto& [what, body] : all) {
        const auto a = w.about(what, body);
        BOOST_TEST(a.status == 401);
        BOOST_TEST(a.body == "deny");
        BOOST_TEST(a.field("WWW-Authenticate").starts_with("Latchkey-Key"));
    }
    w.listener = "unix:/run/rabbitmq";
    w.know("latchkey:metrics", {});
    for (const auto& [what, body] : all)
        BOOST_TEST(w.about(what, body).status == 403);
    w.know("latchkey:verify", "acme");
    for (const auto& [what, body] : all)
        BOOST_TEST(w.word(what, body) == "allow");
}

BOOST_AUTO_TEST_CASE(to_a_broker_of_one_organization_others_devices_are_unknown_ones) {
    known_broker w("latchkey:verify", "others");
    for (const auto& [what, body] :
         {std::pair{"user", user}, {"vhost", vhost}, {"resource", queue}, {"topic", topic}})
        for (int i = 0; i < 3; ++i) { // looked up, then cached
            const auto foreign = w.about(what, body);
            const auto unknown = w.about(what, changed(body, "username=door", "username=nobody"));
            BOOST_TEST(foreign.body == "deny");
            BOOST_TEST(foreign.head == unknown.head);
            BOOST_TEST(foreign.body == unknown.body);
        }
}

// What it does there is no use of its secret.
BOOST_AUTO_TEST_CASE(only_a_login_counts_as_a_use) {
    known_broker w;
    w.word("user", user);
    for (int i = 0; i < 5; ++i)
        w.word("topic", topic);
    BOOST_TEST(w.store.device_look_ups == 1u); // and the rest comes from the cache
    std::uint64_t uses = 0;
    w.api.uses.table.drain([&](auth::credential_use&& use) { uses += use.count; });
    BOOST_TEST(uses == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
