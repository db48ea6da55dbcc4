// RabbitMQ with the shipped configuration, and MQTT clients that are devices.
#include "support_rabbitmq.hpp"

using namespace latchkey::test;

namespace {

/// RabbitMQ takes long to start: one for all cases.
struct one_site {
    static inline std::unique_ptr<rabbitmq_site> site;
    static void set_up() { site = std::make_unique<rabbitmq_site>(); }
    static void take_down() { site.reset(); }
};

rabbitmq_site& site() {
    return *one_site::site;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

// It has subscribed, and what is published from now on arrives.
bool is_subscribed(const child_process& one) {
    return soon([&] { return has(one.log(), "Subscribed (mid"); });
}

bool hears(const child_process& one, const std::string& text) {
    return soon([&] { return has(one.log(), text); });
}

// By an answer, not because nothing answers: the client then says another thing, or times out
// (124).
bool is_refused(const outcome& one) {
    return one.exit_code != 0 && one.exit_code != 124 &&
           (has(one.err, "Connection Refused") || has(one.err, "not authorised") ||
            has(one.err, "connection was lost"));
}

// RabbitMQ closes the connection of who may not subscribe, without a word; the client comes again.
bool is_turned_out(const child_process& one) {
    const bool came_again = soon([&] {
        const auto text = one.log();
        const auto first = text.find("sending CONNECT");
        return first != text.npos && text.find("sending CONNECT", first + 1) != text.npos;
    });
    return came_again && !has(one.log(), "Subscribed (mid");
}

} // namespace

BOOST_AUTO_TEST_SUITE(broker_rabbitmq,
                      *boost::unit_test::fixture(&one_site::set_up, &one_site::take_down))

BOOST_AUTO_TEST_CASE(a_device_publishes_and_subscribes_where_its_scopes_allow) {
    const auto door = site().make_device("door", "mqtt:publish:sensors/%c/#");
    const auto screen = site().make_device("screen", "mqtt:subscribe:sensors/#");
    const auto watching = site().subscribe(screen, "sensors/#");
    BOOST_REQUIRE_MESSAGE(is_subscribed(*watching), watching->log() + site().log());

    const auto sent = site().publish(door, "sensors/door/heat", "seventeen");
    BOOST_TEST(sent.exit_code == 0, sent.err);
    BOOST_TEST(hears(*watching, "seventeen"));

    struct {
        const char* what;
        const char* topic;
        const char* client_id;
    } const cases[] = {{"another's topic", "sensors/window/heat", ""},
                       {"a topic beside", "sensors", ""},
                       {"another tree", "other/door", ""},
                       {"another client id", "sensors/door/heat", "window"},
                       {"no client id of its own", "sensors/window/heat", "window"}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            BOOST_TEST(is_refused(site().publish(door, c.topic, "intruder", c.client_id)));
        }
    // Nor does who may read.
    BOOST_TEST(is_refused(site().publish(screen, "sensors/x/heat", "intruder", "screen-2")));

    BOOST_TEST(site().publish(door, "sensors/door/heat", "eighteen").exit_code == 0);
    BOOST_TEST(hears(*watching, "eighteen"));
    BOOST_TEST(!has(watching->log(), "intruder"));
}

BOOST_AUTO_TEST_CASE(a_subscription_is_no_wider_than_its_scope) {
    const auto reader = site().make_device("reader", "mqtt:subscribe:cmd/+,mqtt:subscribe:a/#");
    for (const auto* filter : {"cmd/x", "cmd/+", "a/#", "a/+/b"})
        BOOST_TEST_CONTEXT(filter) {
            const auto one = site().subscribe(reader, filter);
            BOOST_TEST(is_subscribed(*one), one->log());
        }
    for (const auto* filter : {"cmd/#", "#", "+/x", "sensors/#", "cmd/x/y"})
        BOOST_TEST_CONTEXT(filter) {
            const auto one = site().subscribe(reader, filter);
            BOOST_TEST(is_turned_out(*one), one->log());
        }
    // By another client id it would get another device's queue.
    const auto other = site().subscribe(reader, "cmd/x", "door");
    BOOST_TEST(is_turned_out(*other), other->log());
}

BOOST_AUTO_TEST_CASE(nobody_comes_in_with_a_wrong_secret_or_of_another_organization) {
    const auto lamp = site().make_device("lamp", "mqtt:publish:lamps/%c");
    BOOST_TEST(site().publish(lamp, "lamps/lamp", "on").exit_code == 0);
    const auto wrong = site().publish({"lamp", "wrong"}, "lamps/lamp", "off");
    BOOST_TEST(is_refused(wrong));
    BOOST_TEST(has(wrong.err, "Connection Refused"), wrong.err);
    const auto unknown = site().publish({"nobody", lamp.secret}, "lamps/lamp", "off");
    BOOST_TEST(unknown.exit_code == wrong.exit_code);
    BOOST_TEST(unknown.err == wrong.err);
    // RabbitMQ is a caller of "ours".
    site().latchkey->create_organization("theirs");
    const auto made =
        site().latchkey->command({"device", "register", "--organization", "theirs", "--name", "x",
                                  "--id", "stranger", "--scopes", "mqtt:publish:#", "--quiet"});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    auto secret = made.out.substr(made.out.find('\t') + 1);
    while (secret.ends_with('\n'))
        secret.pop_back();
    BOOST_TEST(is_refused(site().publish({"stranger", secret}, "lamps/lamp", "off")));
}

// RabbitMQ would route its messages by keys about which it does not ask.
BOOST_AUTO_TEST_CASE(by_amqp_a_device_may_nothing) {
    const auto lock = site().make_device("lock", "mqtt:publish:#,mqtt:subscribe:#");
    BOOST_TEST(site().publish(lock, "locks/lock", "shut").exit_code == 0);
    const auto wrong = site().connect_by_amqp({"lock", "wrong"});
    BOOST_TEST(has(wrong, "auth_failure"), wrong);
    const auto refused = site().connect_by_amqp(lock);
    BOOST_TEST(has(refused, "not_allowed"), refused);
}

BOOST_AUTO_TEST_CASE(a_revocation_refuses_new_connections_and_a_command_ends_the_open_one) {
    const auto bell = site().make_device("bell", "mqtt:publish:bells/%c,mqtt:subscribe:bells/%c");
    const auto open = site().subscribe(bell, "bells/bell");
    BOOST_REQUIRE_MESSAGE(is_subscribed(*open), open->log());
    BOOST_TEST(site().publish(bell, "bells/bell", "ding", "bell-2").exit_code != 0);

    const auto revoked = site().latchkey->command({"device", "revoke", "bell", "--reason", "lost"});
    BOOST_REQUIRE_MESSAGE(revoked.exit_code == 0, revoked.err);
    const auto refused = site().publish(bell, "bells/bell", "dong", "bell-2");
    BOOST_TEST(is_refused(refused));
    BOOST_TEST(has(refused.err, "Connection Refused"), refused.err);

    // The open connection lives.
    const auto ringer = site().make_device("ringer", "mqtt:publish:bells/#");
    BOOST_TEST(site().publish(ringer, "bells/bell", "still-heard").exit_code == 0);
    BOOST_TEST(hears(*open, "still-heard"));
    const auto closed = site().control(
        {"eval", "rabbit_connection_tracking:close_connections("
                 "rabbit_connection_tracking:list_of_user(<<\"bell\">>), <<\"revoked\">>, 0)."});
    BOOST_TEST(closed.exit_code == 0, closed.err);
    // It comes again, in vain.
    BOOST_TEST(soon([&] {
                   return has(open->log(), "Connection Refused") ||
                          has(open->log(), "not authorised");
               }),
               open->log());
    const auto listener = site().make_device("listener", "mqtt:subscribe:bells/#");
    const auto other = site().subscribe(listener, "bells/#");
    BOOST_REQUIRE_MESSAGE(is_subscribed(*other), other->log());
    BOOST_TEST(site().publish(ringer, "bells/bell", "not-heard").exit_code == 0);
    BOOST_TEST(hears(*other, "not-heard"));
    BOOST_TEST(!has(open->log(), "not-heard"));
}

BOOST_AUTO_TEST_CASE(while_latchkey_is_away_nobody_comes_in) {
    const auto tap = site().make_device("tap", "mqtt:publish:taps/%c");
    BOOST_TEST(site().publish(tap, "taps/tap", "open").exit_code == 0);
    site().kill_latchkey();
    const auto refused = site().publish(tap, "taps/tap", "closed");
    BOOST_TEST(is_refused(refused));
    BOOST_TEST(has(refused.err, "Connection Refused"), refused.err);
    site().restart_latchkey();
    BOOST_TEST(soon([&] { return site().publish(tap, "taps/tap", "again").exit_code == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()
