// Listeners: several addresses, unix sockets, and listeners with the PROXY protocol.
#include "../support/certificates.hpp"
#include "cached_keys.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <sched.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <vector>

using namespace latchkey::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr auto nowhere = "postgresql:///none?host=/nonexistent";

std::string ask_about_nothing(std::string_view fields = {}) {
    return post("/api/v1/auth/verify-token", R"({"token":"x"})", fields);
}

// The limit is so slow that nothing is given back while a test runs.
const std::string three_an_hour =
    "[[rate_limit.policies]]\nname = \"p\"\nquantity = 3\nwindow = \"1h\"\n";

std::string from(const std::string& address) {
    return "PROXY TCP4 " + address + " 127.0.0.1 5000 80\r\n";
}
const auto signature = "\r\n\r\n\0\r\nQUIT\n"s;
const auto local = signature + "\x20\0\0\0"s;
// A header of version 2 that names 192.0.2.77, with eight bytes that the proxy adds.
const auto from_77 = signature + "\x21\x11\0\x14"s + "\xc0\x00\x02\x4d\x7f\0\0\x01\x13\x88\0\x50"s +
                     "\x04\0\x05hello"s;

// A server with listeners for proxies, on TCP and on a unix socket.
struct proxied {
    reserved_port port;
    temporary_folder folder;
    const std::string path = folder.file("proxied.sock");
    server_process server;

    explicit proxied(const std::string& server_settings, const std::string& toml = {})
        : server(
              nowhere,
              "proxy_protocol = \"127.0.0.1:" + std::to_string(port.number()) + ", unix:" + path +
                  "\"\n" + server_settings,
              toml, {}, {},
              {.more_places = ", 127.0.0.1:" + std::to_string(port.number()) + ", unix:" + path}) {}

    answer ask(const std::string& header, const std::string& request) const {
        return client(port.number()).ask(header + request);
    }
    // Counts the answers to a client that asks until it is limited, each time on a new connection.
    int use_up(const std::string& header, const std::string& fields = {}) const {
        int allowed = 0;
        while (allowed < 6 && ask(header, ask_about_nothing(fields)).status == 200)
            ++allowed;
        return allowed;
    }
    double headers(const std::string& outcome) const {
        return metric(server, "auth_proxy_headers_total{outcome=\"" + outcome + "\"}");
    }
};

// Returns the exit code and the log of a server that does not start.
outcome start_in_vain(const std::string& keys) {
    const temporary_folder folder;
    std::ofstream(folder.file("latchkey.toml"))
        << "[server]\n"
        << keys << "\n[admin]\nsocket = \"" << folder.file("admin.sock")
        << "\"\n[database]\nuri = \"" << nowhere << "\"\n";
    return run({latchkey_binary(), "serve", "--config", folder.file("latchkey.toml")});
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(listeners)

BOOST_AUTO_TEST_CASE(each_place_is_listened_on_until_the_end) {
    const reserved_port other;
    server_process server(nowhere, "socket_mode = \"0600\"", {}, {}, {},
                          {.more_places = ", 127.0.0.1:" + std::to_string(other.number())});
    BOOST_TEST(server.ask(get("/livez")).status == 200);
    BOOST_TEST(client(other.number()).ask(get("/livez")).status == 200);
    client by_unix(server.api_socket());
    BOOST_TEST(by_unix.ask(get("/livez")).status == 200);
    struct stat file {};
    BOOST_REQUIRE(::lstat(server.api_socket().c_str(), &file) == 0);
    BOOST_TEST((file.st_mode & 07777) == 0600u);
    BOOST_TEST(server.says("\"address\":\"127.0.0.1:" + std::to_string(server.port()) +
                           ", unix:" + server.api_socket() +
                           ", 127.0.0.1:" + std::to_string(other.number()) + '"'));
    server.signal(SIGTERM);
    BOOST_TEST(by_unix.closed());
    BOOST_TEST(server.wait_for_exit() == 0);
    BOOST_TEST(!std::filesystem::exists(server.api_socket()));
}

BOOST_AUTO_TEST_CASE(the_socket_of_a_dead_server_is_taken_and_of_a_live_one_is_not) {
    server_process first(nowhere);
    const auto refused = start_in_vain("listen = \"unix:" + first.api_socket() + '"');
    BOOST_TEST(refused.exit_code == 69);
    BOOST_TEST(has(refused.err, "another server answers on " + first.api_socket() +
                                    ": end it or set another server.listen"));
    BOOST_TEST(client(first.api_socket()).ask(get("/livez")).status == 200);
    first.signal(SIGKILL);
    first.wait_for_exit();
    BOOST_REQUIRE(std::filesystem::exists(first.api_socket()));
    const server_process second(nowhere, "", {}, {}, {},
                                {.more_places = ", unix:" + first.api_socket()});
    BOOST_TEST(client(first.api_socket()).ask(get("/livez")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_start_that_cannot_be_says_why) {
    const temporary_folder folder;
    const auto port = std::to_string(reserved_port().number());
    std::ofstream(folder.file("file")) << "mine";
    struct {
        std::string keys;
        int exit_code;
        std::string says;
    } const cases[] = {
        {"listen = \"127.0.0.1:" + port + "\"\nproxy_protocol = \"127.0.0.1:1\"", 78,
         R"(server.proxy_protocol names \"127.0.0.1:1\", and the listeners are 127.0.0.1:)" + port},
        {"listen = \"unix:" + folder.file("file") + '"', 69, "exists and is no socket"},
        {"listen = \"unix:" + folder.file("none/api.sock") + '"', 69,
         "its folder must exist and be writable"},
        {"listen = \"unix:/" + std::string(107, 'x') + '"', 78, "is not well formed"},
        {"listen = \"127.0.0.1:" + port + ", 127.0.0.1:" + port + '"', 78, "is not well formed"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.keys) {
            const auto told = start_in_vain(c.keys);
            BOOST_TEST(told.exit_code == c.exit_code);
            BOOST_TEST(has(told.err, c.says), told.err);
        }
    BOOST_TEST(std::filesystem::exists(folder.file("file")));
}

BOOST_AUTO_TEST_CASE(who_comes_by_a_unix_socket_has_the_address_that_is_forwarded) {
    const server_process server(nowhere, "connections_per_address_max = 1", three_an_hour);
    client kept(server.api_socket());
    const auto ask = [&](const std::string& fields) {
        return client(server.api_socket()).ask(ask_about_nothing(fields));
    };
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(kept.ask(ask_about_nothing()).status == 200);
    BOOST_TEST(!ask("").has("RateLimit"));
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(ask("X-Forwarded-For: 192.0.2.1:" + std::to_string(i) + "\r\n").status == 200);
    BOOST_TEST(ask("X-Forwarded-For: 192.0.2.1\r\n").status == 429);
    BOOST_TEST(ask("X-Forwarded-For: 192.0.2.2\r\n").status == 200);
    // Clients that cannot be read share a limit.
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(ask("X-Forwarded-For: unknown\r\n").status == 200);
    BOOST_TEST(ask("X-Forwarded-For: unix:\r\n").status == 429);
    BOOST_TEST(ask("Forwarded: for=192.0.2.3\r\n").status == 429);
    BOOST_TEST(ask("").status == 200);
    BOOST_TEST(has(kept.ask(get("/metrics")).body, "auth_unreadable_clients_total 5\n"));
}

BOOST_AUTO_TEST_CASE(the_proxy_names_the_client) {
    const proxied here("trusted_proxies = \"127.0.0.1\"", three_an_hour);
    BOOST_TEST(here.use_up(from("192.0.2.1")) == 3);
    BOOST_TEST(here.use_up(from("192.0.2.1"), "X-Forwarded-For: 192.0.2.9\r\n") == 0);
    BOOST_TEST(here.use_up(from("192.0.2.2")) == 3);
    BOOST_TEST(here.use_up(from_77) == 3);
    BOOST_TEST(here.use_up(from("192.0.2.77")) == 0);
    BOOST_TEST(client(here.path).ask(from("192.0.2.77") + ask_about_nothing()).status == 429);
    BOOST_TEST(client(here.path).ask(from("192.0.2.78") + ask_about_nothing()).status == 200);
    // The peer counts as itself: a proxy that may forward, with its own limit only.
    BOOST_TEST(here.use_up(local, "X-Forwarded-For: 192.0.2.3\r\n") == 3);
    BOOST_TEST(here.use_up(local) == 3);
    BOOST_TEST(here.use_up("PROXY UNKNOWN\r\n") == 0);
    BOOST_TEST(here.server.ask(ask_about_nothing()).status == 429);
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(client(here.path).ask(local + ask_about_nothing()).status == 200);
}

BOOST_AUTO_TEST_CASE(the_header_comes_first_and_whole) {
    const proxied here("trusted_proxies = \"127.0.0.1\"\nproxy_protocol_timeout = \"1m\"");
    for (const auto& header : {from("192.0.2.1"), from_77}) {
        client slow(here.port.number());
        for (const char byte : header + get("/livez"))
            slow.send(std::string(1, byte));
        BOOST_TEST(slow.receive().status == 200);
        BOOST_TEST(slow.ask(get("/livez")).status == 200);
        // A second header is malformed HTTP.
        BOOST_TEST(slow.ask(header + get("/livez")).status == 400);
    }
    for (const auto& none : {get("/livez"), "\x16\x03\x01\x02\x00"s, from("192.0.2.256")}) {
        client refused(here.port.number());
        refused.send(none);
        BOOST_TEST(refused.receive().status == 0);
    }
    BOOST_TEST(here.headers("malformed") == 3);
    BOOST_TEST(here.server.says("it does not begin with a PROXY header: have the proxy send one"));
    // A client that only checks whether the port is open.
    client(here.port.number());
    BOOST_TEST(soon([&] { return here.headers("ended") == 1; }));
    BOOST_TEST(here.headers("named") == 2);
    // Other listeners do not speak the PROXY protocol.
    BOOST_TEST(here.server.ask(from("192.0.2.1") + get("/livez")).status == 400);
    BOOST_TEST(client(here.server.api_socket()).ask(get("/livez")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_header_has_its_time_and_its_size) {
    const proxied here("trusted_proxies = \"127.0.0.1\"\nproxy_protocol_timeout = \"100ms\"\n"
                       "proxy_protocol_bytes_max = 108");
    client waits(here.port.number());
    waits.send(from("192.0.2.1").substr(0, 20));
    BOOST_TEST(waits.closed());
    BOOST_TEST(here.headers("late") == 1);
    client(here.port.number()).ask(signature + "\x21\x11\0\x5d"s);
    BOOST_TEST(here.headers("malformed") == 1);
}

BOOST_AUTO_TEST_CASE(strangers_are_not_heard) {
    const proxied here("trusted_proxies = \"127.0.0.9\"");
    client stranger(here.port.number());
    stranger.send(from("192.0.2.1") + get("/livez"));
    BOOST_TEST(stranger.receive().status == 0);
    BOOST_TEST(here.headers("stranger") == 1);
    BOOST_TEST(client(here.port.number(), 9).ask(from("192.0.2.1") + get("/livez")).status == 200);
    // Every peer of the unix socket may name other clients.
    BOOST_TEST(client(here.path).ask(from("192.0.2.1") + get("/livez")).status == 200);
}

BOOST_AUTO_TEST_CASE(connections_count_by_whom_the_proxy_names) {
    const proxied here("trusted_proxies = \"127.0.0.1\"\nconnections_per_address_max = 2");
    std::vector<client> held;
    const auto open = [&](const std::string& header) {
        held.emplace_back(here.port.number());
        return held.back().ask(header + get("/livez")).status;
    };
    BOOST_TEST(open(from("192.0.2.1")) == 200);
    BOOST_TEST(open(from("192.0.2.1")) == 200);
    BOOST_TEST(open(from("192.0.2.1")) == 503);
    BOOST_TEST(open(from("192.0.2.2")) == 200);
    // The proxy's own connections do not count.
    for (int i = 0; i < 4; ++i)
        BOOST_TEST(open(local) == 200);
    held.clear();
    BOOST_TEST(soon([&] { return open(from("192.0.2.1")) == 200; }));
}

BOOST_AUTO_TEST_CASE(those_whose_header_is_awaited_do_not_hold_up_the_end) {
    proxied here("trusted_proxies = \"127.0.0.1\"\nproxy_protocol_timeout = \"1m\"");
    client waits(here.port.number());
    waits.send("PROXY ");
    client comes(here.port.number());
    comes.send(from("192.0.2.1") + "GET /livez");
    BOOST_TEST(soon([&] { return here.headers("named") == 1; }));
    here.server.signal(SIGTERM);
    comes.send(" HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(comes.receive().status == 200);
    BOOST_TEST(waits.closed());
    BOOST_TEST(here.server.wait_for_exit(10s) == 0);
}

BOOST_AUTO_TEST_CASE(tls_begins_behind_the_header_and_unix_sockets_speak_plainly) {
    const temporary_folder folder;
    const certificate_authority authority;
    const auto shown = authority.issue("DNS:localhost");
    authority.write(folder.file("ca.pem"));
    std::ofstream(folder.file("cert.pem")) << shown.certificate_pem();
    std::ofstream(folder.file("key.pem")) << shown.key_pem();
    const auto tls = "[tls]\ncertificate_file = \"" + folder.file("cert.pem") +
                     "\"\nkey_file = \"" + folder.file("key.pem") + "\"\n";
    const auto curl = [&](int port, const std::vector<std::string>& options) {
        std::vector<std::string> words = {"/usr/bin/curl", "-sv", "--cacert", folder.file("ca.pem"),
                                          "https://localhost:" + std::to_string(port) + "/livez"};
        words.insert(words.end(), options.begin(), options.end());
        return run(words).exit_code;
    };
    {
        const proxied here("trusted_proxies = \"127.0.0.1\"", tls);
        BOOST_TEST(curl(here.port.number(), {"--haproxy-protocol"}) == 0);
        BOOST_TEST(curl(here.port.number(), {}) != 0);
        BOOST_TEST(curl(here.server.port(), {}) == 0);
        BOOST_TEST(client(here.server.api_socket()).ask(get("/livez")).status == 200);
        BOOST_TEST(client(here.path).ask(local + get("/livez")).status == 200);
    }
    const proxied passed_on("trusted_proxies = \"127.0.0.1\"", tls + "unix_sockets = true\n");
    BOOST_TEST(curl(80, {"--unix-socket", passed_on.server.api_socket()}) == 0);
    BOOST_TEST(curl(80, {"--unix-socket", passed_on.path, "--haproxy-protocol"}) == 0);
}

BOOST_AUTO_TEST_CASE(there_are_as_many_workers_as_cores_that_may_be_used) {
    cpu_set_t before;
    BOOST_REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core)
        if (CPU_ISSET(core, &before)) CPU_SET(core, &one);
    BOOST_REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    const server_process server(nowhere);
    BOOST_REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
    const auto status = boost::json::parse(server.command({"status", "--json"}).out);
    BOOST_TEST(status.at("connections_by_worker").as_array().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
