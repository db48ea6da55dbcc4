// Restarts under systemd with a passed socket while clients ask without a pause, and the
// notifications to the manager. LATCHKEY_RESTARTS and LATCHKEY_RESTART_CLIENTS make it longer.
#include "../support/loopback.hpp"
#include "cached_keys.hpp"
#include "socket_unit.hpp"

#include <boost/json/parse.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <thread>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

int from_environment(const char* name, int otherwise) {
    const char* given = std::getenv(name);
    return given ? std::atoi(given) : otherwise;
}

struct tally {
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> refused{0};   ///< connect() failed
    std::atomic<std::uint64_t> lost{0};      ///< sent, and never answered
    std::atomic<std::uint64_t> undecided{0}; ///< 503
    std::atomic<std::uint64_t> wrong{0};     ///< any other wrong answer
};

// A usual pooled client: one connection, kept until an answer says that it closes.
class asker {
  public:
    /// `path`: the unix socket; empty: TCP.
    asker(int port, std::string path, std::string request, tally& counts)
        : port_(port), path_(std::move(path)), request_(std::move(request)), counts_(counts) {}
    ~asker() { end(); }

    void ask_once() {
        if (fd_ < 0 && !connect()) return;
        for (std::size_t sent = 0; sent < request_.size();) {
            const auto n =
                ::send(fd_, request_.data() + sent, request_.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) return lose();
            sent += static_cast<std::size_t>(n);
        }
        const auto bytes = answer_bytes();
        if (bytes.empty()) return lose();
        ++counts_.answered;
        if (bytes.starts_with("HTTP/1.1 503"))
            ++counts_.undecided;
        else if (!bytes.starts_with("HTTP/1.1 200") ||
                 bytes.find(R"("code":"VALID")") == std::string::npos)
            ++counts_.wrong;
        if (bytes.find("\r\nConnection: close\r\n") != std::string::npos) end();
    }

  private:
    bool connect() {
        fd_ = ::socket(path_.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval patience{60, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (is_connected()) {
            ++counts_.connections;
            return true;
        }
        ++counts_.refused;
        end();
        return false;
    }
    bool is_connected() const {
        const auto a = loopback(port_);
        if (path_.empty())
            return ::connect(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0;
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path_.copy(name.sun_path, sizeof name.sun_path - 1);
        return ::connect(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
    }
    // Returns a complete answer, or an empty text if the connection ended before.
    std::string answer_bytes() {
        std::string bytes;
        char part[8192];
        for (;;) {
            const auto n = ::recv(fd_, part, sizeof part, 0);
            if (n <= 0) return {};
            bytes.append(part, static_cast<std::size_t>(n));
            const auto head = bytes.find("\r\n\r\n");
            const auto field = bytes.find("\r\nContent-Length: ");
            if (head == std::string::npos || field > head) continue;
            const auto length = std::stoul(bytes.substr(field + 18));
            if (bytes.size() >= head + 4 + length) return bytes;
        }
    }
    void lose() {
        ++counts_.lost;
        end();
    }
    void end() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

    const int port_;
    const std::string path_;
    const std::string request_;
    tally& counts_;
    int fd_ = -1;
};

// Clients that ask as fast as they can, until this object ends.
class load {
  public:
    /// Every second client uses the unix socket.
    load(int clients, const socket_unit& unit, const std::string& request) {
        for (int i = 0; i < clients; ++i)
            threads_.emplace_back([this, request, port = unit.port(),
                                   path = i % 2 == 0 ? std::string() : unit.api_socket()] {
                asker one(port, path, request, counts);
                while (!over_)
                    one.ask_once();
            });
    }
    ~load() { finish(); }
    void finish() {
        over_ = true;
        for (auto& t : std::exchange(threads_, {}))
            t.join();
    }

    tally counts;

  private:
    std::atomic<bool> over_{false};
    std::deque<std::thread> threads_;
};

struct behind_a_socket {
    migrated_database database;
    socket_unit unit{"[database]\nuri = \"" + database.uri() + "\"\n"};
    std::string key;

    void start_with_key() {
        unit.start();
        BOOST_REQUIRE_MESSAGE(unit.hears("READY=1"), unit.log());
        const auto command = [this](std::vector<std::string> words) {
            words.insert(words.begin(), latchkey_binary());
            words.push_back("--json");
            const auto made = run(words, {"LATCHKEY_ADMIN_SOCKET=" + unit.admin_socket()});
            BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
            return boost::json::parse(made.out).as_object();
        };
        const auto organization = std::string(
            command({"org", "create", "--name", "Test"}).at("organization_id").as_string());
        key =
            std::string(command({"key", "create", "--organization", organization, "--name", "test"})
                            .at("api_key")
                            .as_string());
    }
    answer ask(std::string_view request) const { return client(unit.port()).ask(request); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(restart)

BOOST_FIXTURE_TEST_CASE(no_request_is_lost_under_load, behind_a_socket) {
    const int restarts = from_environment("LATCHKEY_RESTARTS", 4);
    const int clients = from_environment("LATCHKEY_RESTART_CLIENTS", 16);
    start_with_key();
    load busy(clients, unit, verify(question_of(key)));
    auto& counts = busy.counts;
    std::chrono::milliseconds longest{0};
    for (int i = 0; i < restarts; ++i) {
        const auto before = counts.answered.load();
        BOOST_REQUIRE(soon([&] { return counts.answered > before + 1000; }, 60s));
        const auto begun = clock_type::now();
        BOOST_REQUIRE(unit.stop() == 0);
        longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                        clock_type::now() - begun));
        unit.start();
        BOOST_REQUIRE_MESSAGE(unit.hears("READY=1"), unit.log());
    }
    const auto before = counts.answered.load();
    BOOST_TEST(soon([&] { return counts.answered > before + 1000; }, 60s));
    busy.finish();
    BOOST_TEST_MESSAGE(restarts << " restarts, " << counts.answered << " answers on "
                                << counts.connections << " connections, longest drain "
                                << longest.count() << " ms; refused " << counts.refused << ", lost "
                                << counts.lost << ", undecided " << counts.undecided << ", wrong "
                                << counts.wrong);
    BOOST_TEST(counts.refused == 0u);
    BOOST_TEST(counts.lost == 0u);
    BOOST_TEST(counts.undecided == 0u);
    BOOST_TEST(counts.wrong == 0u);
    BOOST_TEST(longest.count() <= 30'000);
}

// Clients that connect between two processes, or before the next one is ready, wait.
BOOST_FIXTURE_TEST_CASE(who_connects_between_two_processes_is_answered, behind_a_socket) {
    start_with_key();
    BOOST_TEST(unit.stop() == 0);
    client waits(unit.port());
    client waits_there(unit.api_socket());
    for (auto* one : {&waits, &waits_there})
        one->send(verify(question_of(key)));
    unit.start();
    for (auto* one : {&waits, &waits_there}) {
        const auto got = one->receive();
        BOOST_TEST(got.status == 200);
        BOOST_TEST(code_of(got) == "VALID");
    }
}

// The last answer was sent before the drain began, so that it could not say "close". The client
// sends its next request at once.
BOOST_FIXTURE_TEST_CASE(a_request_right_after_the_signal_is_answered, behind_a_socket) {
    start_with_key();
    std::deque<client> idle;
    for (int i = 0; i < 20; ++i) {
        idle.emplace_back(unit.port());
        BOOST_TEST(idle.back().ask(get("/livez")).status == 200);
    }
    unit.signal(SIGTERM);
    BOOST_REQUIRE(unit.hears("STOPPING=1"));
    for (auto& one : idle) {
        BOOST_TEST(one.ask(get("/livez")).status == 200);
    }
    for (auto& one : idle)
        BOOST_TEST(one.closed());
    BOOST_TEST(unit.stop() == 0);
}

BOOST_FIXTURE_TEST_CASE(requests_that_came_together_are_all_answered, behind_a_socket) {
    start_with_key();
    client pipelining(unit.port());
    BOOST_TEST(pipelining.ask(get("/livez")).status == 200);
    unit.signal(SIGTERM);
    BOOST_REQUIRE(unit.hears("STOPPING=1"));
    pipelining.send(get("/livez") + get("/livez") + get("/livez"));
    for (const bool last : {false, false, true}) {
        const auto got = pipelining.receive();
        BOOST_TEST(got.status == 200);
        // The last answer has no "close" if it came before the drain reached its worker.
        if (!last) BOOST_TEST(!got.has("Connection: close\r\n"));
    }
    BOOST_TEST(pipelining.closed());
    BOOST_TEST(unit.stop() == 0);
}

BOOST_FIXTURE_TEST_CASE(the_manager_is_told, behind_a_socket) {
    unit.watchdog = 400ms;
    start_with_key();
    const auto told = unit.told();
    BOOST_TEST(told.find("STATUS=not ready: ") < told.find("READY=1"));
    BOOST_TEST(unit.hears("STATUS=ready"));
    BOOST_TEST(unit.hears("WATCHDOG=1"));
    unit.signal(SIGHUP);
    BOOST_TEST(unit.hears("RELOADING=1\nMONOTONIC_USEC="));
    BOOST_TEST(soon([&] {
        const auto all = unit.told();
        return all.find("READY=1", all.find("RELOADING=1")) != std::string::npos;
    }));
    unit.signal(SIGTERM);
    BOOST_TEST(unit.hears("STOPPING=1\nSTATUS="));
    BOOST_TEST(unit.stop() == 0);
}

// The server does not count as started, but answers its callers all the same.
BOOST_AUTO_TEST_CASE(readiness_waits_and_callers_do_not) {
    socket_unit unit("[server]\nstart_wait = \"200ms\"\n[database]\nuri = "
                     "\"postgresql:///none?host=/nonexistent\"\n");
    unit.start();
    BOOST_TEST(unit.hears("STATUS=not ready: "));
    const auto got = client(unit.port()).ask(get("/readyz"));
    BOOST_TEST(got.status == 503);
    BOOST_TEST(unit.told().find("READY=1") == std::string::npos);
    BOOST_TEST(unit.stop() == 0);
}

BOOST_AUTO_TEST_CASE(several_sockets_are_passed_and_the_admin_socket) {
    const std::string nowhere = "[server]\nstart_wait = \"200ms\"\n[database]\nuri = "
                                "\"postgresql:///none?host=/nonexistent\"\n";
    socket_unit unit(nowhere, true);
    for (int starts = 0; starts < 2; ++starts) {
        unit.start();
        for (const int port : {unit.port(), unit.other_port()})
            BOOST_TEST(client(port).ask(get("/livez")).status == 200);
        BOOST_TEST(client(unit.api_socket()).ask(get("/livez")).status == 200);
        const auto status = run({latchkey_binary(), "status", "--socket", unit.admin_socket()});
        BOOST_TEST(status.exit_code == 0, status.err);
        BOOST_TEST(unit.stop() == 0);
    }
}

BOOST_AUTO_TEST_CASE(passed_sockets_are_named_for_the_proxy_protocol) {
    const std::string nowhere = "start_wait = \"200ms\"\n[database]\nuri = "
                                "\"postgresql:///none?host=/nonexistent\"\n";
    const std::string header = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
    // All sockets have the name that systemd gives them.
    socket_unit all("[server]\ntrusted_proxies = \"127.0.0.1\"\nproxy_protocol = "
                    "\"latchkey.socket\"\n" +
                    nowhere);
    all.start();
    BOOST_TEST(client(all.port()).ask(header + get("/livez")).status == 200);
    BOOST_TEST(client(all.port()).ask(get("/livez")).status == 0);
    BOOST_TEST(client(all.api_socket()).ask(header + get("/livez")).status == 200);
    BOOST_TEST(client(all.api_socket()).ask(get("/livez")).status == 0);
    BOOST_TEST(all.stop() == 0);
    // An unknown name must not leave a listener open to everybody.
    socket_unit none("[server]\nproxy_protocol = \"127.0.0.1:8080\"\n" + nowhere);
    none.start();
    BOOST_TEST(none.wait() == 78);
}

// A client that waits at the socket makes systemd start the server again at once. A mistake must
// not cause a storm of starts.
BOOST_AUTO_TEST_CASE(behind_a_socket_a_start_that_cannot_be_ends_slowly) {
    socket_unit unit("[server]\nno_such_key = 1\n");
    const auto begun = clock_type::now();
    unit.start();
    BOOST_TEST(unit.wait() == 78);
    BOOST_TEST((clock_type::now() - begun >= 1s));
}

BOOST_AUTO_TEST_CASE(who_listens_itself_answers_those_that_have_connected) {
    server_process server("postgresql:///none?host=/nonexistent");
    std::deque<client> all;
    for (int i = 0; i < 50; ++i)
        all.push_back(server.connect());
    server.signal(SIGTERM);
    for (auto& one : all)
        BOOST_TEST(one.ask(get("/livez")).status == 200);
    BOOST_TEST(server.wait_for_exit() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
