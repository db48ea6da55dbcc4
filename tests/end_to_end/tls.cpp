#include "../support/certificates.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <deque>
#include <fstream>
#include <future>
#include <thread>

using namespace latchkey::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr auto no_database = "postgresql:///none?host=/nonexistent";

void write(const std::string& path, const std::string& content) {
    // Replaces the file as a whole, as a program that renews certificates should.
    std::ofstream(path + ".next") << content;
    std::filesystem::rename(path + ".next", path);
}

// Certificates in a folder, and a server that shows the first one.
struct fixture {
    temporary_folder folder;
    certificate_authority authority;

    fixture() {
        authority.write(folder.file("ca.pem"));
        show("first");
    }
    void show(const char* name) const {
        keep("server", authority.issue("DNS:localhost,IP:127.0.0.1", name));
    }
    void keep(const std::string& name, const identity& who) const {
        write(folder.file(name + ".pem"), who.certificate_pem());
        write(folder.file(name + "-key.pem"), who.key_pem());
    }
    std::string section(const std::string& more = {}) const {
        return "[tls]\ncertificate_file = \"" + folder.file("server.pem") + "\"\nkey_file = \"" +
               folder.file("server-key.pem") + "\"\n" + more;
    }
    outcome python(const char* what, const server_process& server) const {
        return run({"/usr/bin/python3", LATCHKEY_SOURCE_DIR "/tests/end_to_end/tls_client.py", what,
                    std::to_string(server.port()), folder.file("")});
    }
    void python_is_content(const char* what, const server_process& server) const {
        const auto ran = python(what, server);
        BOOST_TEST(ran.exit_code == 0, what + (": " + ran.err));
    }
    outcome curl(const server_process& server, std::vector<std::string> options = {},
                 const std::string& path = "/livez") const {
        std::vector<std::string> words = {"/usr/bin/curl", "-sv", "--cacert", folder.file("ca.pem"),
                                          "https://localhost:" + std::to_string(server.port()) +
                                              path};
        words.insert(words.end(), options.begin(), options.end());
        return run(words);
    }
    // Returns the output of openssl s_client, which ends when the server has answered.
    outcome s_client(const server_process& server, const std::string& options) const {
        write(folder.file("request"), get("/livez", "Connection: close\r\n"));
        return run({"/usr/bin/bash", "-c",
                    "exec /usr/bin/openssl s_client -ign_eof -CAfile " + folder.file("ca.pem") +
                        " -connect 127.0.0.1:" + std::to_string(server.port()) + " " + options +
                        " <" + folder.file("request")});
    }
    std::string metric(const server_process& server, const std::string& name) const {
        const auto text = "\n" + curl(server, {}, "/metrics").out;
        const auto at = text.find("\n" + name + " ");
        if (at == text.npos) return "";
        const auto begin = at + name.size() + 2;
        return text.substr(begin, text.find('\n', begin) - begin);
    }
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

template <class F>
bool becomes_true(F f, std::chrono::milliseconds within = 10s) {
    const auto end = std::chrono::steady_clock::now() + within;
    while (!f()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls, fixture)

BOOST_AUTO_TEST_CASE(curl_speaks_both_versions) {
    server_process server(no_database, "", section());
    for (const auto* version : {"1.2", "1.3"})
        BOOST_TEST_CONTEXT(version) {
            const auto asked =
                curl(server, {"--tlsv"s + version, "--tls-max", version, "--http1.1"});
            BOOST_TEST(asked.exit_code == 0, asked.err);
            BOOST_TEST(asked.out == R"({"status":"ok"})");
            BOOST_TEST(has(asked.err, "SSL connection using TLSv"s + version));
            BOOST_TEST(has(asked.err, "ALPN: server accepted http/1.1"));
        }
    BOOST_TEST(curl(server, {"--tlsv1.1", "--tls-max", "1.1"}).exit_code == 35);
    BOOST_TEST(metric(server, R"(auth_tls_handshakes_total{outcome="full",version="1.2"})") == "1");
}

BOOST_AUTO_TEST_CASE(the_oldest_version_is_configured) {
    server_process server(no_database, "", section("min_version = \"1.3\"\n"));
    BOOST_TEST(curl(server, {"--tls-max", "1.2"}).exit_code == 35);
    BOOST_TEST(curl(server).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(sessions_are_resumed_on_any_worker) {
    server_process server(no_database, "workers = 2", section());
    const auto kept = folder.file("session");
    for (const auto* version : {"-tls1_2", "-tls1_3"})
        BOOST_TEST_CONTEXT(version) {
            const auto first = s_client(server, version + (" -sess_out " + kept));
            BOOST_TEST(has(first.out, "New, TLS"), first.err);
            for (int i = 0; i < 4; ++i)
                BOOST_TEST(
                    has(s_client(server, version + (" -sess_in " + kept)).out, "Reused, TLS"));
        }
    BOOST_TEST(metric(server, R"(auth_tls_handshakes_total{outcome="resumed",version="1.3"})") ==
               "4");
    const auto before = s_client(server, "-tls1_2 -no_ticket -sess_out " + kept);
    BOOST_TEST(has(before.out, "New, TLS"));
    BOOST_TEST(has(s_client(server, "-tls1_2 -no_ticket -sess_in " + kept).out, "New, TLS"));
}

BOOST_AUTO_TEST_CASE(sessions_can_be_turned_off) {
    server_process server(no_database, "", section("session_tickets = false\n"));
    const auto kept = folder.file("session");
    for (const auto* version : {"-tls1_2", "-tls1_3"}) {
        s_client(server, version + (" -sess_out " + kept));
        BOOST_TEST(!has(s_client(server, version + (" -sess_in " + kept)).out, "Reused, TLS"));
    }
}

BOOST_AUTO_TEST_CASE(who_does_not_speak_tls_is_told_or_cut_off) {
    server_process server(no_database, "", section());
    const auto told = server.ask(get("/livez"));
    BOOST_TEST(told.status == 400);
    BOOST_TEST(has(told.body, "this port speaks TLS: ask it with https://"));
    auto garbage = server.connect();
    garbage.send(std::string(500, '\x07'));
    BOOST_TEST(garbage.closed());
    BOOST_TEST(has(s_client(server, "-alpn h2").err, "alert no application protocol"));
    BOOST_TEST(curl(server).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_handshake_has_its_deadline_and_its_place) {
    server_process server(no_database, "workers = 1",
                          section("handshake_timeout = \"2s\"\nhandshakes_max = 2\n"
                                  "handshakes_per_address_max = 100\n"));
    BOOST_TEST(becomes_true([&] { return curl(server).exit_code == 0; }));
    const auto timed_out = [&] {
        const auto told =
            metric(server, R"(auth_tls_handshakes_total{outcome="timed_out",version=""})");
        return told.empty() ? 0 : std::stoi(told); // no line before the first one
    };
    const auto before = timed_out(); // on a slow machine, curl may have timed out
    auto silent = server.connect();
    auto slow = server.connect();
    slow.send("\x16\x03\x01");
    // Both places are taken until the deadline of their connections.
    BOOST_TEST(server.connect().closed());
    BOOST_TEST(silent.closed());
    BOOST_TEST(slow.closed());
    BOOST_TEST(curl(server).exit_code == 0);
    BOOST_TEST(timed_out() == before + 2);
    BOOST_TEST(metric(server, R"(auth_tls_handshakes_total{outcome="refused",version=""})") == "1");
}

// One host cannot take all places, and its places are given back.
BOOST_AUTO_TEST_CASE(an_address_has_its_share_of_handshakes) {
    server_process server(no_database, "workers = 1",
                          section("handshakes_max = 8\nhandshake_timeout = \"1m\"\n"));
    const auto refused = [&] {
        return metric(server, R"(auth_connections_refused_total{bound="handshakes"})");
    };
    std::deque<client> silent;
    for (int i = 0; i < 2; ++i)
        silent.emplace_back(server.port(), 9);
    for (int i = 0; i < 10; ++i) {
        client one_more(server.port(), 9);
        BOOST_TEST(one_more.closed());
    }
    BOOST_TEST(refused() == "10");
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(curl(server).exit_code == 0);
    silent.clear();
    BOOST_TEST(becomes_true([&] {
        return curl(server, {"--interface", "127.0.0.9"}).exit_code == 0;
    }));
}

BOOST_AUTO_TEST_CASE(bytes_may_come_as_they_like) {
    server_process server(no_database, "idle_timeout = \"1s\"", section());
    python_is_content("byte_by_byte", server);
    python_is_content("half_closed", server);
    python_is_content("goodbye", server);
}

BOOST_AUTO_TEST_CASE(thousands_of_requests_may_come_before_an_answer_is_read) {
    server_process server(no_database, "", section());
    python_is_content("pipeline", server);
}

BOOST_AUTO_TEST_CASE(clients_show_their_certificates) {
    const certificate_authority clients("clients");
    clients.write(folder.file("clients.pem"));
    keep("gateway", clients.issue("URI:spiffe://example/gateway,DNS:gateway.example", "gateway"));
    keep("stranger", certificate_authority("strangers").issue("DNS:stranger", "stranger"));
    server_process server(no_database, "",
                          section("client_certificates = \"required\"\nclient_ca_file = \"" +
                                  folder.file("clients.pem") + "\"\n[log]\nlevel = \"debug\"\n"));
    python_is_content("clients", server);
    BOOST_TEST(
        has(server.log(),
            R"("certificate":"CN=gateway","certificate_names":"URI:spiffe://example/gateway, )"
            R"(DNS:gateway.example")"));
}

BOOST_AUTO_TEST_CASE(a_new_certificate_is_shown_and_no_connection_is_lost) {
    server_process server(no_database, "workers = 2", section());
    write(folder.file("go"), "");
    auto load = std::async(std::launch::async, [&] { return python("load", server); });
    const auto loaded = [&](const std::string& name) {
        return has(server.log(),
                   "\"message\":\"a certificate was loaded\",\"subject\":\"CN=" + name);
    };
    show("second");
    BOOST_TEST(becomes_true([&] { return loaded("second"); }));
    // With half of a pair, nothing changes, and the log says why.
    write(folder.file("server.pem"), authority.issue("DNS:localhost", "half").certificate_pem());
    BOOST_TEST(becomes_true([&] { return has(server.log(), "the key is not the certificate's"); }));
    show("third");
    BOOST_TEST(becomes_true([&] { return loaded("third"); }));
    server.signal(SIGHUP);
    BOOST_TEST(becomes_true(
        [&] { return metric(server, R"(auth_tls_reloads_total{outcome="loaded"})") >= "3"; }));
    std::filesystem::remove(folder.file("go"));
    const auto ended = load.get();
    BOOST_TEST(ended.exit_code == 0, ended.err);
    BOOST_TEST(has(ended.out, "second"), ended.out);
    BOOST_TEST(has(ended.out, "third"), ended.out);
    BOOST_TEST(!has(ended.out, "half"), ended.out);
}

BOOST_AUTO_TEST_CASE(the_drain_ends_idle_connections_politely) {
    server_process server(no_database, "", section());
    auto client = std::async(std::launch::async, [&] { return python("drained", server); });
    BOOST_TEST(becomes_true([&] { return std::filesystem::exists(folder.file("idle")); }));
    server.signal(SIGTERM);
    const auto ended = client.get();
    BOOST_TEST(ended.exit_code == 0, ended.err);
    BOOST_TEST(server.wait_for_exit() == 0);
}

BOOST_AUTO_TEST_CASE(a_bad_pair_is_no_start) {
    write(folder.file("server-key.pem"), authority.issue("DNS:localhost").key_pem());
    const auto config = folder.file("latchkey.toml");
    write(config, section());
    for (const auto* command : {"check-config", "serve"}) {
        const auto ran = run({latchkey_binary(), command, "--config", config});
        BOOST_TEST(ran.exit_code == 78);
        BOOST_TEST(has(ran.err, "the key is not the certificate's"), ran.err);
    }
}

BOOST_AUTO_TEST_SUITE_END()
