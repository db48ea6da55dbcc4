// EMQX's questions, without EMQX: what it may read as an answer.
#include "support_brokers.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

const std::string path = "/integrations/emqx";

// As the manual has EMQX's body.
std::string question(const std::string& username, const std::string& password,
                     const std::string& client_id, const std::string& more = {}) {
    return R"({"username":")" + username + R"(","password":")" + password + R"(","clientid":")" +
           client_id + '"' + more + '}';
}

bool is_denied(const broker_answer& a) {
    return a.status == 200 && a.field("Content-Type") == "application/json" &&
           a.body == R"({"result":"deny"})" && a.field("Cache-Control") == "no-store";
}

} // namespace

BOOST_AUTO_TEST_SUITE(emqx)

BOOST_AUTO_TEST_CASE(a_device_comes_in_with_what_its_scopes_allow) {
    broker_worker w;
    const auto a = w.ask(path, question("door", "canary", "door"));
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.field("Content-Type") == "application/json");
    BOOST_TEST(a.field("Cache-Control") == "no-store");
    // Nobody is a superuser: EMQX takes the member's absence for that.
    BOOST_TEST(a.body == R"({"result":"allow","client_attrs":)"
                         R"({"kind":"device","id":"door","organization_id":"acme"},"acl":[)"
                         R"({"permission":"deny","action":"subscribe","topic":"eq cmd/#"},)"
                         R"({"permission":"allow","action":"publish","topic":"sensors/door/#"},)"
                         R"({"permission":"allow","action":"subscribe","topic":"cmd/+"},)"
                         R"({"permission":"deny","action":"all","topic":"#"}]})");
    BOOST_TEST(w.ask(path, question("door", "canary", "door", R"(,"peerhost":"192.0.2.9")")).body ==
               a.body);
}

BOOST_AUTO_TEST_CASE(another_client_id_gets_no_topic_of_its_own) {
    broker_worker w;
    for (const auto* client : {"window", "", "door/x", "+", "#", "Door"})
        BOOST_TEST_CONTEXT(client) {
            const auto a = w.ask(path, question("door", "canary", client));
            BOOST_TEST(a.json().at("result") == "allow");
            BOOST_TEST(a.body.find("sensors/") == std::string::npos);
            BOOST_TEST(a.body.find(R"("topic":"cmd/+")") != std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(a_key_comes_in_under_its_own_id_until_its_end) {
    broker_worker w;
    const auto key = w.add_key("key_1", "acme");
    w.facts_of(key).scopes = {"mqtt:publish:a"};
    const auto a = w.ask(path, question("key_1", key, "any")).json();
    BOOST_TEST(a.at("result") == "allow");
    BOOST_TEST(a.at("client_attrs").at("kind") == "api_key");
    BOOST_TEST(a.at("client_attrs").at("id") == "key_1");
    BOOST_TEST(!a.contains("expire_at"));
    for (const auto* other : {"key_2", "", "KEY_1", "door"})
        BOOST_TEST(is_denied(w.ask(path, question(other, key, "any"))));

    const auto ending = w.add_key("key_3", "acme");
    w.facts_of(ending).expires_at = core::real_time(std::chrono::milliseconds(4'000'000'000'900));
    BOOST_TEST(w.ask(path, question("key_3", ending, "any")).json().at("expire_at") ==
               4'000'000'000);

    const auto at_home = w.add_key("key_4", "acme");
    w.facts_of(at_home).allowed_networks =
        core::parse_networks("198.51.100.0/24").value_or(std::vector<core::network>());
    BOOST_TEST(is_denied(w.ask(path, question("key_4", at_home, "any"))));
    BOOST_TEST(
        is_denied(w.ask(path, question("key_4", at_home, "any", R"(,"peerhost":"192.0.2.1")"))));
    BOOST_TEST(w.ask(path, question("key_4", at_home, "any", R"(,"peerhost":"198.51.100.1")"))
                   .json()
                   .at("result") == "allow");
}

BOOST_AUTO_TEST_CASE(whatever_is_wrong_is_denied_with_200) {
    broker_worker w;
    w.add_device("revoked", "acme").revoked = true;
    w.add_device("disabled", "acme").active = false;
    w.add_device("closed", "acme").organization_enabled = false;
    const auto revoked_key = w.add_key("key_r", "acme");
    w.facts_of(revoked_key).revoked = true;
    auto mistyped = w.add_key("key_m", "acme");
    mistyped.back() = mistyped.back() == 'a' ? 'b' : 'a';
    const std::string type = "Content-Type: application/json\r\n";
    struct {
        std::string what, body, lines, method, path;
    } const cases[] = {
        {"a wrong secret", question("door", "wrong", "door"), type, "POST", path},
        {"an unknown device", question("nobody", "canary", "nobody"), type, "POST", path},
        {"a revoked one", question("revoked", "canary", "revoked"), type, "POST", path},
        {"a disabled one", question("disabled", "canary", "disabled"), type, "POST", path},
        {"of a closed organization", question("closed", "canary", "closed"), type, "POST", path},
        {"an empty secret", question("door", "", "door"), type, "POST", path},
        {"an empty name", question("", "canary", "door"), type, "POST", path},
        {"a long name", question(std::string(300, 'a'), "canary", "door"), type, "POST", path},
        {"a revoked key", question("key_r", revoked_key, "x"), type, "POST", path},
        {"a mistyped key", question("key_m", mistyped, "x"), type, "POST", path},
        {"no body", "", type, "POST", path},
        {"no JSON", "{", type, "POST", path},
        {"a list", "[]", type, "POST", path},
        {"null", R"({"username":null,"password":null,"clientid":"a"})", type, "POST", path},
        {"no client id", R"({"username":"door","password":"canary"})", type, "POST", path},
        {"a number", R"({"username":"door","password":1,"clientid":"door"})", type, "POST", path},
        {"an unknown member", question("door", "canary", "door", R"(,"scopes":[])"), type, "POST",
         path},
        {"twice", question("door", "canary", "door", R"(,"username":"door")"), type, "POST", path},
        {"no address", question("key_r", revoked_key, "x", R"(,"peerhost":"home")"), type, "POST",
         path},
        {"a form", "username=door&password=canary&clientid=door",
         "Content-Type: application/x-www-form-urlencoded\r\n", "POST", path},
        {"no type", question("door", "canary", "door"), "", "POST", path},
        {"compressed", question("door", "canary", "door"), type + "Content-Encoding: gzip\r\n",
         "POST", path},
        {"a GET", "", "", "GET", path},
        {"a GET with a query", "", "", "GET",
         path + "?username=door&password=canary&clientid=door"},
        {"a PUT", question("door", "canary", "door"), type, "PUT", path},
        {"a path below", question("door", "canary", "door"), type, "POST", path + "/"},
        {"another caller's key", question("door", "canary", "door"),
         type + "X-Latchkey-Key: lk_live_nobodys\r\n", "POST", path},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            const auto a = w.ask(c.path, c.body, c.lines, c.method);
            BOOST_TEST(is_denied(a));
            BOOST_TEST(a.field("Retry-After") == "(none)");
            BOOST_TEST(a.field("WWW-Authenticate") == "(none)");
            BOOST_TEST(w.last_note.refused);
            for (const auto* secret : {"canary", "wrong"})
                BOOST_TEST(w.last_reason.find(secret) == std::string::npos);
        }
    BOOST_TEST(w.ask("/integrations/emqxx", "", "", "POST").status == 404);
}

BOOST_AUTO_TEST_CASE(whoever_is_limited_is_denied_with_200) {
    broker_worker w;
    const auto key = w.add_key("key_1", "acme");
    w.facts_of(key).rate_limit = core::rate_rule::make(1, std::chrono::seconds(60), 1);
    BOOST_TEST(w.ask(path, question("key_1", key, "x")).json().at("result") == "allow");
    BOOST_TEST(is_denied(w.ask(path, question("key_1", key, "x"))));
    for (const auto counts : {api::counted::address, api::counted::device})
        BOOST_TEST_CONTEXT(static_cast<int>(counts)) {
            api::rate_policy_configuration one;
            one.name = "one";
            one.counts = counts;
            one.quantity = 1;
            w.limits.configure(std::vector{one});
            BOOST_TEST(w.ask(path, question("door", "canary", "door")).json().at("result") ==
                       "allow");
            const auto limited = w.ask(path, question("door", "canary", "door"));
            BOOST_TEST(is_denied(limited));
            BOOST_TEST(limited.field("X-Latchkey-Code") == "RATE_LIMITED");
            BOOST_TEST(limited.field("Retry-After") == "(none)");
        }
}

// What an unknown device gets is what a wrong secret gets, to the letter.
BOOST_AUTO_TEST_CASE(an_unknown_device_looks_like_a_wrong_secret) {
    broker_worker w;
    const auto wrong = w.ask(path, question("door", "wrong", "door"));
    const auto unknown = w.ask(path, question("nobody", "canary", "nobody"));
    BOOST_TEST(wrong.head == unknown.head);
    BOOST_TEST(wrong.body == unknown.body);
}

BOOST_AUTO_TEST_CASE(what_is_undecided_is_denied_and_logged_as_that) {
    broker_worker w;
    w.store.away = true;
    BOOST_TEST(is_denied(w.ask(path, question("door", "canary", "door"))));
    BOOST_TEST(w.last_note.verdict == "UNAVAILABLE");
    BOOST_TEST(w.last_meant_status == 503); // for metrics and alarms
    BOOST_TEST(w.last_reason == "the database is away");
    BOOST_TEST(is_denied(w.ask(path, question("key_1", w.add_key("key_1", "acme"), "x"))));
    w.store.away = false;
    BOOST_TEST(w.ask(path, question("door", "canary", "door")).json().at("result") == "allow");
}

BOOST_AUTO_TEST_CASE(emqx_itself_must_be_known_where_that_is_required) {
    broker_worker w;
    const auto ours = w.add_key("caller", "acme");
    BOOST_REQUIRE(w.facts_of(ours).caller_scopes.add("latchkey:verify"));
    const auto theirs = w.add_key("caller-2", "others");
    BOOST_REQUIRE(w.facts_of(theirs).caller_scopes.add("latchkey:verify"));
    w.api.configure({}, {}, {}, {},
                    api::caller_rules::make({api::callers_mode::required}, {}).value());
    const auto asked = question("door", "canary", "door");
    const std::string type = "Content-Type: application/json\r\n";
    BOOST_TEST(is_denied(w.ask(path, asked)));
    BOOST_TEST(w.last_note.verdict == "UNAUTHENTICATED");
    BOOST_TEST(w.ask(path, asked, type + "X-Latchkey-Key: " + ours + "\r\n").json().at("result") ==
               "allow");
    BOOST_TEST(is_denied(
        w.ask(path, question("door", "wrong", "door"), type + "X-Latchkey-Key: " + ours + "\r\n")));
    // As another organization's caller it may know nothing of this device.
    const auto foreign = w.ask(path, asked, type + "X-Latchkey-Key: " + theirs + "\r\n");
    const auto unknown = w.ask(path, question("nobody", "canary", "nobody"),
                               type + "X-Latchkey-Key: " + theirs + "\r\n");
    BOOST_TEST(is_denied(foreign));
    BOOST_TEST(foreign.head == unknown.head);
}

// Erlang's HTTP clients send it, and EMQX may be a trusted caller: it is on the same machine.
BOOST_AUTO_TEST_CASE(cache_control_is_not_heard) {
    broker_worker w;
    const std::string lines = "Content-Type: application/json\r\nCache-Control: no-cache\r\n";
    for (int i = 0; i < 3; ++i)
        w.ask(path, question("door", "canary", "door"), lines);
    BOOST_TEST(w.store.device_look_ups == 1u);
}

BOOST_AUTO_TEST_CASE(too_many_rules_let_nobody_in) {
    broker_worker w;
    w.add_device("gate", "acme").scopes = {"mqtt:publish:a", "mqtt:publish:b", "mqtt:publish:c"};
    w.api.configure(api::broker_configuration{.topic_rules_max = 2});
    BOOST_TEST(is_denied(w.ask(path, question("gate", "canary", "gate"))));
    BOOST_TEST(w.last_reason.find("auth.topic_rules_max") != std::string::npos);
    w.api.configure(api::broker_configuration{.topic_rules_max = 3});
    BOOST_TEST(w.ask(path, question("gate", "canary", "gate")).json().at("result") == "allow");
}

BOOST_AUTO_TEST_SUITE_END()
