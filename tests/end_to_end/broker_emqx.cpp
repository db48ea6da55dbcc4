// EMQX's questions to a real server, as the manual has them: EMQX itself is not run.
#include "device_server.hpp"

#include <csignal>

using namespace latchkey::test;

namespace {

std::string asked(const device& d, const std::string& client_id, const std::string& fields = {}) {
    return post("/integrations/emqx",
                R"({"username":")" + d.id + R"(","password":")" + d.secret + R"(","clientid":")" +
                    client_id + R"(","peerhost":"192.0.2.1"})",
                fields);
}

std::string result(const answer& a) {
    BOOST_TEST(a.status == 200);
    return std::string(a.json().at("result").as_string());
}

} // namespace

BOOST_AUTO_TEST_SUITE(broker_emqx)

BOOST_AUTO_TEST_CASE(a_device_comes_in_until_it_is_revoked) {
    device_server w;
    const auto door = w.make({"--scopes", "mqtt:publish:sensors/%c/#,devices:read"});
    BOOST_REQUIRE(soon([&] { return result(w.server.ask(asked(door, door.id))) == "allow"; }));
    const auto rules = w.server.ask(asked(door, door.id)).json().at("acl").as_array();
    BOOST_TEST(rules.size() == 2u);
    BOOST_TEST(std::string(rules[0].at("topic").as_string()) == "sensors/" + door.id + "/#");
    BOOST_TEST(rules[1].at("permission") == "deny");
    BOOST_TEST(w.server.ask(asked(door, "other")).json().at("acl").as_array().size() == 1u);
    BOOST_TEST(result(w.server.ask(asked({door.id, "wrong"}, door.id))) == "deny");
    w.command({"device", "revoke", door.id});
    BOOST_TEST(result(w.server.ask(asked(door, door.id))) == "deny");
    BOOST_TEST(w.server.log().find(door.secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(bodies_that_cannot_be_read_are_denied_with_200) {
    device_server w;
    for (const auto& request : {post("/integrations/emqx", "{"), post("/integrations/emqx", ""),
                                post("/integrations/emqx", R"({"username":"a"})"),
                                post("/integrations/emqx", std::string(100'000, ' ')),
                                post("/integrations/emqx", "{}", "X-Latchkey-Key: lk_live_x\r\n"),
                                std::string("POST /integrations/emqx HTTP/1.1\r\nHost: a\r\n"
                                            "Content-Type: application/json\r\n\r\n")}) {
        const auto a = w.server.ask(request);
        BOOST_TEST(a.status == 200);
        BOOST_TEST(a.body == R"({"result":"deny"})");
        BOOST_TEST(a.field("Content-Type") == "application/json");
    }
}

BOOST_AUTO_TEST_CASE(without_a_database_nobody_comes_in) {
    const server_process server("postgresql:///none?host=/nonexistent");
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    const auto a = server.ask(asked({"door", "secret"}, "door"));
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.body == R"({"result":"deny"})");
    BOOST_TEST(server.says("UNAVAILABLE"));
}

BOOST_AUTO_TEST_SUITE_END()
