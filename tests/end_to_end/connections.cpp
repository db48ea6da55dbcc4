#include "support.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>

#include <csignal>
#include <thread>

using namespace latchkey::test;
using namespace std::string_literals;

namespace {

constexpr auto no_database = "postgresql:///none?host=/nonexistent";

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

} // namespace

BOOST_AUTO_TEST_SUITE(connections)

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order_in_one_send) {
    server_process server(no_database, "workers = 1");
    auto connection = server.connect();
    std::string requests;
    for (const char* id : {"first", "second", "third"})
        requests += get("/livez", "X-Request-Id: "s + id + "\r\n");
    connection.send(requests);
    const auto bytes = connection.receive_once();
    BOOST_TEST(count(bytes, "HTTP/1.1 200 OK") == 3u);
    BOOST_TEST(bytes.find("first") < bytes.find("second"));
    BOOST_TEST(bytes.find("second") < bytes.find("third"));
}

// The request in front has waited for the database, and its body has filled the buffer, so that no
// further event of the epoll_set tells of the bytes behind it.
BOOST_AUTO_TEST_CASE(a_request_behind_one_that_waited_is_answered) {
    server_process server(no_database, "workers = 1");
    auto connection = server.connect();
    std::string items;
    for (int i = 0; i < 200; ++i)
        items += (i == 0 ? "" : ",") + R"({"type":"api_key","api_key":"x"})"s;
    connection.send(post("/api/v1/auth/verify-batch", R"({"items":[)" + items + "]}") +
                    get("/livez"));
    BOOST_TEST(connection.receive().status == 200);
    BOOST_TEST(connection.receive().body == "{\"status\":\"ok\"}");
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
    server_process server(no_database);
    auto connection = server.connect();
    const auto request = post("/api/v1/auth/verify-api-key", R"({"api_key":"x"})");
    for (const char byte : request)
        connection.send(std::string(1, byte));
    BOOST_TEST(connection.receive().body.find(R"("code":"INVALID_FORMAT")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(chunked_and_large_bodies) {
    server_process server(no_database, "trusted_callers = \"\"\n");
    auto connection = server.connect();
    const std::string head = "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: a\r\n"
                             "Content-Type: application/json\r\n";
    const auto invalid = R"({"valid":false,"code":"INVALID_FORMAT"})";
    BOOST_TEST(connection
                   .ask(head + "Transfer-Encoding: chunked\r\n\r\n"
                               "4\r\n{\"ap\r\n9\r\ni_key\":\"x\r\n2\r\n\"}\r\n0\r\n\r\n")
                   .body == invalid);
    // First as large as it may be, then one byte more.
    const auto body = [](std::size_t size) {
        return R"({"api_key":")" + std::string(size - 14, 'k') + "\"}";
    };
    BOOST_TEST(connection.ask(verify(body(65536))).body == invalid);
    std::string chunks;
    const auto large = body(65536);
    for (std::size_t at = 0; at < large.size(); at += 1024)
        chunks += "400\r\n" + large.substr(at, 1024) + "\r\n";
    BOOST_TEST(
        connection.ask(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n").body ==
        invalid);
    BOOST_TEST(connection.ask(get("/livez")).status == 200);
    BOOST_TEST(connection.ask(verify(body(65537))).status == 413);
}

BOOST_AUTO_TEST_CASE(an_expected_continue_is_sent) {
    server_process server(no_database);
    auto connection = server.connect();
    connection.send(
        "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n");
    BOOST_TEST(connection.receive().status == 100);
    connection.send(R"({"api_key":"x"})");
    BOOST_TEST(connection.receive().status == 200);
}

BOOST_AUTO_TEST_CASE(head_is_get_without_a_body) {
    server_process server(no_database);
    auto connection = server.connect();
    connection.send("HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto a = connection.receive(true);
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.field("Content-Length") == "15");
    BOOST_TEST(connection.ask(get("/livez")).status == 200);
}

BOOST_AUTO_TEST_CASE(request_ids_are_kept_or_made) {
    server_process server(no_database);
    BOOST_TEST(server.ask(get("/livez", "X-Request-Id: a-b_c.1\r\n")).field("X-Request-Id") ==
               "a-b_c.1");
    BOOST_TEST(server.ask(get("/livez", "X-Request-Id: a b\r\n")).field("X-Request-Id").size() ==
               32u);
    BOOST_TEST(server.ask(get("/nowhere", "X-Request-Id: x\r\n")).field("X-Request-Id") == "x");
}

BOOST_AUTO_TEST_CASE(old_clients_are_understood) {
    server_process server(no_database);
    auto once = server.connect();
    BOOST_TEST(once.ask("GET /livez HTTP/1.0\r\n\r\n").has("Connection: close\r\n"));
    BOOST_TEST(once.closed());
    auto kept = server.connect();
    BOOST_TEST(kept.ask("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                   .has("Connection: keep-alive\r\n"));
    BOOST_TEST(kept.ask(get("/livez")).status == 200);
}

BOOST_AUTO_TEST_CASE(pooled_connections_are_spread_evenly) {
    server_process server(no_database, "workers = 2");
    std::vector<client> pool;
    for (int i = 0; i < 8; ++i) {
        pool.push_back(server.connect());
        BOOST_TEST(pool.back().ask(get("/livez")).status == 200);
    }
    const auto status = server.command({"status", "--json"});
    BOOST_TEST_INFO(status.out);
    const auto spread = boost::json::parse(status.out).at("connections_by_worker").as_array();
    BOOST_TEST(spread.size() == 2u);
    // A connection of the start may still be closing.
    for (const auto& n : spread)
        BOOST_TEST(std::abs(n.as_int64() - 4) <= 1);
}

BOOST_AUTO_TEST_CASE(deadlines_end_slow_and_idle_connections) {
    server_process server(
        no_database, "header_timeout = \"200ms\"\nbody_timeout = \"200ms\"\nidle_timeout = \"1s\"");
    auto silent = server.connect();
    auto slow_header = server.connect();
    slow_header.send("GET /livez HTTP/1.1\r\nHost:");
    auto slow_body = server.connect();
    slow_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    auto idle = server.connect();
    BOOST_TEST(idle.ask(get("/livez")).status == 200);

    BOOST_TEST(slow_header.receive().status == 408);
    BOOST_TEST(slow_body.receive().status == 408);
    BOOST_TEST(silent.receive().status == 0);
    BOOST_TEST(idle.receive().status == 0);
}

// The pause was the server's, so its clients do not count as late.
BOOST_AUTO_TEST_CASE(a_server_that_was_stopped_gives_each_request_its_time) {
    server_process server(no_database, "workers = 1\nheader_timeout = \"2s\"");
    auto kept = server.connect();
    BOOST_TEST(kept.ask(get("/livez")).status == 200);
    server.signal(SIGSTOP);
    BOOST_REQUIRE(::waitpid(server.pid(), nullptr, WUNTRACED) == server.pid());
    auto fresh = server.connect();
    for (auto* c : {&kept, &fresh})
        c->send("GET /livez HTTP/1.1\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    server.signal(SIGCONT);
    BOOST_TEST(server.ask(get("/livez")).status == 200);
    for (auto* c : {&kept, &fresh})
        BOOST_TEST(c->ask("Host: a\r\n\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(past_the_bound_connections_are_told) {
    server_process server(no_database, "connections_max = 2");
    auto first = server.connect();
    BOOST_TEST(first.ask(get("/livez")).status == 200);
    auto second = server.connect();
    // A connection of the start may still be closing; the bound holds once it is closed.
    for (int i = 0; i < 100 && second.ask(get("/livez")).status != 200; ++i)
        second = client(server.port());
    const auto told = server.connect().receive();
    BOOST_TEST(told.status == 503);
    BOOST_TEST(told.body.find("server.connections_max") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sigterm_finishes_what_was_asked) {
    server_process server(no_database);
    auto idle = server.connect();
    BOOST_TEST(idle.ask(get("/livez")).status == 200);
    auto asking = server.connect();
    asking.send("POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: a\r\n"
                "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{");
    BOOST_TEST(server.ask(get("/livez")).status == 200);
    server.signal(SIGTERM);
    BOOST_TEST(idle.closed());
    asking.send(R"("api_key":"x"})");
    const auto last = asking.receive();
    BOOST_TEST(last.status == 200);
    BOOST_TEST(last.has("Connection: close\r\n"));
    BOOST_TEST(asking.closed());
    BOOST_TEST(server.wait_for_exit() == 0);
    BOOST_TEST(server.says("\"message\":\"stopped\""));
}

BOOST_AUTO_TEST_CASE(the_drain_is_bounded) {
    server_process server(no_database, "drain_timeout = \"1s\"\nbody_timeout = \"60s\"");
    auto stuck = server.connect();
    stuck.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    BOOST_TEST(server.ask(get("/livez")).status == 200);
    server.signal(SIGTERM);
    BOOST_TEST(server.wait_for_exit() == 0);
    BOOST_TEST(server.says("server.drain_timeout is over"));
}

BOOST_AUTO_TEST_SUITE_END()
