// Clients that use up connections, descriptors, buffers or time.
#include "../support/loopback.hpp"
#include "cached_keys.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <vector>

using namespace latchkey::test;
using namespace std::string_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr auto no_database = "postgresql:///none?host=/nonexistent";

double cpu_seconds(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double seconds_since(clock_type::time_point begun) {
    return std::chrono::duration<double>(clock_type::now() - begun).count();
}

// A client with a small receive buffer, which reads a byte at a time when a test says so.
class narrow_client {
  public:
    explicit narrow_client(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const int little = 4096;
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        const auto where = loopback(port);
        BOOST_REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    }
    ~narrow_client() { ::close(fd_); }
    narrow_client(const narrow_client&) = delete;
    narrow_client& operator=(const narrow_client&) = delete;

    // Sends until the server takes no more for a while.
    void send_until_full(const std::string& request) {
        std::string many;
        for (int i = 0; i < 1000; ++i)
            many += request;
        pollfd writable{fd_, POLLOUT, 0};
        while (::poll(&writable, 1, 300) == 1 && !(writable.revents & (POLLERR | POLLHUP))) {
            const auto n = ::send(fd_, many.data(), many.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n < 0) break;
            sent_ += static_cast<std::size_t>(n) / request.size();
        }
    }
    std::size_t sent() const { return sent_; } // requests, about
    // Returns false if the server has closed the connection.
    bool take_one_byte() {
        pollfd readable{fd_, POLLIN, 0};
        if (::poll(&readable, 1, 100) != 1) return true;
        char byte;
        return ::recv(fd_, &byte, 1, MSG_DONTWAIT) > 0 && !reset();
    }

  private:
    bool reset() const {
        pollfd state{fd_, POLLRDHUP, 0};
        return ::poll(&state, 1, 100) == 1;
    }

    int fd_;
    std::size_t sent_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(exhaustion)

BOOST_AUTO_TEST_CASE(one_address_has_its_share_of_connections) {
    server_process server(no_database, "connections_per_address_max = 3\n"
                                       "trusted_proxies = \"192.0.2.1\"");
    std::vector<client> held;
    // A connection of the start may still be closing.
    BOOST_REQUIRE(soon([&] {
        held.clear();
        for (int i = 0; i < 3; ++i) {
            held.push_back(server.connect());
            if (held.back().ask(get("/livez")).status != 200) return false;
        }
        return true;
    }));
    const auto told = server.connect().receive();
    BOOST_TEST(told.status == 503);
    BOOST_TEST(told.field("Retry-After") == "1");
    BOOST_TEST(told.body.find("server.connections_per_address_max") != std::string::npos);
    BOOST_TEST(held[0]
                   .ask(get("/metrics"))
                   .body.find("auth_connections_refused_total{bound=\"address\"} 0\n") ==
               std::string::npos);
    held.pop_back();
    BOOST_TEST(soon([&] { return server.ask(get("/livez")).status == 200; }));
}

BOOST_AUTO_TEST_CASE(trusted_proxies_have_no_share) {
    server_process server(no_database, "connections_per_address_max = 1\n"
                                       "trusted_proxies = \"127.0.0.0/8\"");
    std::vector<client> held;
    for (int i = 0; i < 5; ++i) {
        held.push_back(server.connect());
        BOOST_TEST(held.back().ask(get("/livez")).status == 200);
    }
}

BOOST_AUTO_TEST_CASE(the_server_keeps_descriptors_for_itself) {
    server_process server(no_database, "workers = 1", {}, {}, {},
                          {.descriptors_max = 300, .log = {}});
    BOOST_TEST(server.says("raise the limit of descriptors"));
    std::vector<client> held;
    answer last;
    for (int i = 0; i < 300 && last.status != 503; ++i) {
        held.push_back(server.connect());
        last = held.back().ask(get("/livez"));
    }
    BOOST_TEST(last.status == 503);
    BOOST_TEST(held.size() > 100u);
    BOOST_TEST(held.size() < 250u);
    // Operators still get in.
    BOOST_TEST(server.command({"status", "--json"}).exit_code == 0);
    held.clear();
    BOOST_TEST(server.wait_for("/livez", 200));
}

BOOST_AUTO_TEST_CASE(without_descriptors_clients_are_told_and_nothing_spins) {
    server_process server(no_database, "workers = 1");
    // The limit is lowered after the start, so that the server expects more descriptors.
    const rlimit few{64, 64};
    BOOST_REQUIRE(::prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
    std::vector<client> held;
    answer last;
    for (int i = 0; i < 80 && last.status != 503; ++i) {
        held.push_back(server.connect());
        last = held.back().ask(get("/livez"));
    }
    BOOST_TEST(last.status == 503);
    BOOST_TEST(last.body.find("descriptors") != std::string::npos);
    held.pop_back();

    const auto begun = clock_type::now();
    const auto used = cpu_seconds(server.pid());
    while (seconds_since(begun) < 1)
        BOOST_TEST(server.connect().receive().status == 503);
    BOOST_TEST((cpu_seconds(server.pid()) - used) / seconds_since(begun) < 0.3);
    BOOST_TEST(held[0].ask(get("/livez")).status == 200);

    held.erase(held.begin() + 1, held.end());
    BOOST_TEST(server.wait_for("/livez", 200));
}

BOOST_AUTO_TEST_CASE(bodies_that_find_no_room_get_503) {
    server_process server(no_database, "workers = 1\nbuffer_bytes_max = \"1MiB\"");
    const auto head = "POST /api/v1/auth/verify-batch HTTP/1.1\r\nHost: a\r\n"
                      "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"s;
    // Bodies that are only announced take no memory.
    std::vector<client> announced;
    for (int i = 0; i < 20; ++i) {
        announced.push_back(server.connect());
        announced.back().send(head);
    }
    BOOST_TEST(server.ask(verify(R"({"api_key":")" + std::string(40'000, 'k') + "\"}")).status ==
               200);
    std::vector<client> filling;
    for (int i = 0; i < 4; ++i) {
        filling.push_back(server.connect());
        filling.back().send(head + std::string(400'000, ' '));
    }
    std::size_t refused = 0;
    for (auto& one : filling) {
        one.send(std::string(599'999, ' '));
        const auto told = one.receive();
        if (told.status != 503) continue;
        ++refused;
        BOOST_TEST(told.field("Retry-After") == "1");
        BOOST_TEST(told.body.find("server.buffer_bytes_max") != std::string::npos);
        BOOST_TEST(told.has("Connection: close"));
    }
    BOOST_TEST(refused == 4u);
    filling.clear();
    announced.clear();
    BOOST_TEST(soon([&] {
        return server.ask(verify(R"({"api_key":")" + std::string(60'000, 'k') + "\"}")).status ==
               200;
    }));
    BOOST_TEST(metric(server, "auth_buffers_refused_total") >= 4);
    BOOST_TEST(metric(server, "auth_buffer_bytes") < 1 << 20);
}

// The same with chunks: the bytes that arrived are counted, and the end is never sent.
BOOST_AUTO_TEST_CASE(chunked_bodies_that_find_no_room_get_503) {
    server_process server(no_database, "workers = 1\nbuffer_bytes_max = \"1MiB\"\n"
                                       "body_timeout = \"60s\"");
    const auto head = "POST /api/v1/auth/verify-batch HTTP/1.1\r\nHost: a\r\n"
                      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"s;
    const auto chunk = "40000\r\n" + std::string(0x40000, ' ') + "\r\n";
    std::vector<client> filling;
    for (int i = 0; i < 8; ++i) {
        filling.push_back(server.connect());
        filling.back().send(head + chunk);
    }
    // Counted here, because a page of metrics may find no room either.
    const auto refused = [&] {
        return std::ranges::count_if(
            filling, [](client& one) { return one.has_answer(std::chrono::milliseconds(10)); });
    };
    BOOST_REQUIRE(soon([&] { return refused() >= 5; }));
    // The refusals take some memory themselves. (The page is empty if it finds no room.)
    BOOST_TEST(metric(server, "auth_buffer_bytes") <= (1 << 20) + (128 << 10));
    for (auto& one : filling)
        if (one.has_answer(std::chrono::milliseconds(10))) {
            const auto told = one.receive();
            BOOST_TEST(told.status == 503);
            BOOST_TEST(told.body.find("server.buffer_bytes_max") != std::string::npos);
        }
    filling.clear();
    BOOST_TEST(soon([&] { return metric(server, "auth_buffers_refused_total") >= 5; }));
    BOOST_TEST(metric(server, "auth_buffer_bytes") < 1 << 20);
}

// Requests are answered only as far as the client reads the answers, and in bounded time.
BOOST_AUTO_TEST_CASE(who_pipelines_without_reading_is_held_up_and_then_closed) {
    server_process server(no_database, "workers = 1\nwrite_timeout = \"1s\"");
    narrow_client stuck(server.port());
    const auto begun = clock_type::now();
    stuck.send_until_full(get("/"));
    // Reading a byte now and then does not extend the deadline.
    std::size_t taken = 0;
    while (stuck.take_one_byte() && seconds_since(begun) < 15)
        ++taken;
    BOOST_TEST(seconds_since(begun) < 10);
    BOOST_TEST(taken > 0u);
    // Not all of its requests were answered.
    BOOST_TEST(metric(server, "auth_requests_total{method=\"GET\",endpoint=\"/\"") <
               static_cast<double>(stuck.sent()));
    BOOST_TEST(metric(server, "auth_buffer_bytes") < 200'000);
}

// Each deadline is for the whole: a byte now and then does not extend it.
BOOST_AUTO_TEST_CASE(who_sends_a_header_or_a_body_byte_by_byte_gets_408) {
    server_process server(no_database, "header_timeout = \"500ms\"\nbody_timeout = \"500ms\"");
    const std::string beginnings[] = {
        "GET /livez HTTP/1.1\r\nHost: a\r\nX: ",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n"};
    for (const auto& beginning : beginnings)
        BOOST_TEST_CONTEXT(beginning) {
            auto slow = server.connect();
            const auto begun = clock_type::now();
            slow.send(beginning);
            int sent = 0;
            while (!slow.has_answer(std::chrono::milliseconds(20)) && seconds_since(begun) < 10) {
                slow.send("x");
                ++sent;
            }
            BOOST_TEST(seconds_since(begun) < 5);
            BOOST_TEST(sent > 1);
            BOOST_TEST(slow.receive().status == 408);
            BOOST_TEST(slow.closed());
        }
}

BOOST_AUTO_TEST_CASE(a_long_pipeline_is_answered_in_order_with_turns_for_others) {
    server_process server(no_database, "workers = 1\npipeline_max = 2");
    auto connection = server.connect();
    std::string requests;
    for (int i = 0; i < 100; ++i)
        requests += get("/livez", "X-Request-Id: r" + std::to_string(i) + "\r\n");
    connection.send(requests);
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(connection.receive().field("X-Request-Id") == "r" + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(a_full_disk_under_the_log_stops_nothing) {
    server_process server(no_database, {}, "[log]\nlevel = \"debug\"", {}, {},
                          {.descriptors_max = 0, .log = "/dev/full"});
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(server.ask(get("/livez")).status == 200);
    BOOST_TEST(soon([&] { return metric(server, "auth_log_lines_dropped_total") > 10; }));
    server.signal(SIGTERM);
    BOOST_TEST(server.wait_for_exit() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
