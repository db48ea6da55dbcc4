// Health tells the truth: each fault is degraded, with a code and since when, in /health, in
// `latchkey status`, in the log and in the metrics alike, and ends when the fault ends.
#include "../support/certificates.hpp"
#include "../support/clock_of_another.hpp"
#include "cached_keys.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <string>
#include <vector>

using namespace latchkey::test;

namespace {

// By the unix socket, which speaks no TLS.
answer ask(const server_process& server, const char* path) {
    return client(server.api_socket()).ask(get(path));
}

boost::json::object check_of(const server_process& server, const char* name) {
    const auto health = ask(server, "/health").json();
    const auto* found = health.at("checks").as_object().if_contains(name);
    return found ? found->as_object() : boost::json::object();
}

std::string code_in(const boost::json::object& check) {
    const auto* code = check.if_contains("code");
    return code ? std::string(code->as_string()) : std::string();
}

bool is_degraded(const server_process& server, const std::string& code) {
    const auto page = ask(server, "/metrics").body;
    return page.find("auth_degraded{code=\"" + code + "\"} 1\n") != std::string::npos;
}

// All four say the same. `renew`: makes a fault anew that does not last.
void expect_told(
    const server_process& server, const char* name, const std::string& code,
    const std::function<void()>& renew = [] {}) {
    BOOST_TEST_CONTEXT(code) {
        boost::json::object check;
        BOOST_REQUIRE(soon([&] {
            renew();
            check = check_of(server, name);
            return code_in(check) == code;
        }));
        BOOST_TEST(std::regex_match(std::string(check.at("since").as_string()),
                                    std::regex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ")));
        renew();
        BOOST_TEST(ask(server, "/health").json().at("status").as_string() == "degraded");
        renew();
        BOOST_TEST(is_degraded(server, code));
        renew();
        const auto screen = server.command({"status"});
        BOOST_TEST(screen.exit_code == 0, screen.err);
        BOOST_TEST(screen.out.find(code + ", since ") != std::string::npos, screen.out);
        BOOST_TEST(screen.out.find("mend: ") != std::string::npos, screen.out);
        const auto line = "\"message\":\"degraded\",\"check\":\"" + std::string(name) +
                          "\",\"code\":\"" + code + "\"";
        BOOST_TEST(server.says(line));
        const auto log = server.log();
        BOOST_TEST(log.find(line) == log.rfind(line));
    }
}

void expect_good(const server_process& server, const char* name, const std::string& code) {
    BOOST_TEST(soon([&] { return code_in(check_of(server, name)).empty(); }), code);
    BOOST_TEST(server.says("\"message\":\"recovered\",\"check\":\"" + std::string(name) +
                           "\",\"code\":\"" + code + "\""));
    BOOST_TEST(!is_degraded(server, code));
}

} // namespace

BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(a_key_encryption_key_that_is_missing) {
    const migrated_database database;
    const server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    // A node that nobody asks for tokens lacks nothing.
    BOOST_TEST(soon([&] { return check_of(server, "issuing").contains("status"); }));
    BOOST_TEST(code_in(check_of(server, "issuing")).empty());
    BOOST_TEST(ask(server, "/health").json().at("status").as_string() == "ok");
    const auto key = server.create_key(server.create_organization());
    BOOST_TEST(server.ask(post("/api/v1/auth/generate-token", question_of(key))).status == 503);
    expect_told(server, "issuing", "ISSUING_IMPOSSIBLE");
}

// By a pipe, which the second picture ends.
BOOST_AUTO_TEST_CASE(a_watched_status_is_drawn_again) {
    const migrated_database database;
    const server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto ended = run({"/bin/bash", "-c",
                            "\"$0\" status --watch --socket \"$1\" |"
                            " awk '/^latchkey / {if (++shown == 2) exit} END {exit shown != 2}'",
                            latchkey_binary(), server.admin_socket()});
    BOOST_TEST(ended.exit_code == 0, ended.exit_code << ended.err << ended.out);
}

// Each part of the screen is told by a real server.
BOOST_AUTO_TEST_CASE(the_screen_of_a_server_at_work_has_all_rows) {
    const migrated_database database;
    const server_process server(database.uri(), "",
                                "[[rate_limit.policies]]\nname = \"verify-token\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    BOOST_TEST(gets_cached(server, server.create_key(server.create_organization())));
    for (const auto* row :
         {"\ntraffic ", "\nverdicts ", "\ndatabase ", "\nfeed ", "\ncaches ", "\nlimits ",
          "look-ups: ", "breaker closed", "verify-token refused 0 since the start"})
        BOOST_TEST(
            soon([&] { return server.command({"status"}).out.find(row) != std::string::npos; }),
            row);
    BOOST_TEST(soon([&] { // once a second has passed
        return server.command({"status"}).out.find("VALID ") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(a_wrong_clock) {
    const migrated_database database;
    const temporary_folder clock_folder;
    const clock_of_another clock(clock_folder.file("clock"));
    const server_process server(database.uri(), "", "", clock.environment());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    BOOST_TEST(code_in(check_of(server, "clock")).empty());
    clock.shift(60);
    expect_told(server, "clock", "CLOCK_DIFFERS");
    clock.shift(0);
    expect_good(server, "clock", "CLOCK_DIFFERS");
}

// It is shown by a running server, which read it while it was good.
BOOST_AUTO_TEST_CASE(a_certificate_that_ends_soon_and_then_has_ended) {
    const migrated_database database;
    const temporary_folder folder;
    const auto file = [&](const char* name, const std::string& text) {
        std::ofstream(folder.file(name)) << text;
        std::filesystem::permissions(folder.file(name), std::filesystem::perms(0600));
        return folder.file(name);
    };
    const auto shown = certificate_authority().issue("DNS:localhost"); // for a day
    const clock_of_another clock(folder.file("clock"));
    const server_process server(database.uri(), "",
                                "[tls]\ncertificate_file = \"" +
                                    file("pem", shown.certificate_pem()) + "\"\nkey_file = \"" +
                                    file("key", shown.key_pem()) + "\"\n",
                                clock.environment());
    BOOST_REQUIRE(soon([&] { return ask(server, "/readyz").status == 200; }));
    expect_told(server, "certificate", "CERTIFICATE_ENDS_SOON");
    clock.shift(100'000);
    expect_told(server, "certificate", "CERTIFICATE_EXPIRED");
}

BOOST_AUTO_TEST_CASE(connections_max_is_full) {
    const migrated_database database;
    const server_process server(database.uri(), "connections_max = 3\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    // The connections end; that some were refused is told for ten seconds more.
    expect_told(server, "connections", "CONNECTIONS_FULL", [&] {
        std::vector<client> held;
        for (int i = 0; i < 6; ++i)
            held.push_back(server.connect());
        BOOST_TEST(held.back().closed());
    });
}

BOOST_AUTO_TEST_SUITE_END()
