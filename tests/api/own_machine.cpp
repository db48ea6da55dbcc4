// Who is on the server's own machine: what cannot be decided is not.
#include "api/public/own_machine.hpp"

#include <latchkey/core/ip_network.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>

using namespace latchkey;

namespace {

// A request by its header lines, as the parser gives it.
bool is_own(const http::client_origin& from, std::string_view host, const std::string& lines = {},
            bool http_1_0 = false) {
    http::request asked;
    asked.fields[static_cast<std::size_t>(http::field::host)] = host;
    asked.lines = lines;
    asked.http_1_0 = http_1_0;
    const auto forwarded = lines.find("X-Forwarded-For");
    if (forwarded != lines.npos) asked.forwarded = std::string_view(lines).substr(forwarded);
    asked.has_forwarded = lines.find("Forwarded: ") == 0;
    return api::is_from_own_machine(&from, asked);
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_machine)

BOOST_AUTO_TEST_CASE(a_table_of_requests) {
    const http::trust no_proxies;
    const http::trust proxies{{}, {*core::parse_network("127.0.0.1"), *core::parse_network("::1")}};
    struct {
        const char* peer;
        const char* host;
        std::string lines;
        bool by_our_proxy;
        bool own;
    } const table[] = {
        {"127.0.0.1", "localhost:8080", "", false, true},
        {"127.0.0.1", "127.0.0.1", "", false, true},
        {"127.9.9.9", "[::1]:8080", "Accept: */*\r\n", false, true},
        {"::1", "localhost", "", false, true},
        {"192.0.2.1", "localhost", "", false, false},
        {"10.0.0.1", "127.0.0.1", "", false, false},
        {"127.0.0.1", "auth.example", "", false, false},
        {"127.0.0.1", "localhost.example", "", false, false},
        {"127.0.0.1", "", "", false, false},
        {"127.0.0.1", "[", "", false, false},
        // A proxy that was not named to the server: whomever it asks for.
        {"127.0.0.1", "localhost", "X-Forwarded-For: 192.0.2.1\r\n", false, false},
        {"127.0.0.1", "localhost", "X-Forwarded-For: 127.0.0.1\r\n", false, false},
        {"127.0.0.1", "localhost", "Forwarded: for=127.0.0.1\r\n", false, false},
        {"127.0.0.1", "localhost", "x-real-ip: 127.0.0.1\r\n", false, false},
        {"127.0.0.1", "localhost", "Accept: */*\r\nVIA: 1.1 a\r\n", false, false},
        {"127.0.0.1", "localhost", "X-Forwarded-Host: a\r\n", false, false},
        // One of ours: it must say who asks, and that is no proxy.
        {"127.0.0.1", "localhost", "X-Forwarded-For: 127.0.0.2\r\n", true, true},
        {"127.0.0.1", "localhost", "X-Forwarded-For: 192.0.2.9, 127.0.0.2\r\n", true, true},
        {"127.0.0.1", "localhost", "X-Forwarded-For: 127.0.0.2, 192.0.2.9\r\n", true, false},
        {"127.0.0.1", "localhost", "X-Forwarded-For: 127.0.0.2, 192.0.2.9, ::1\r\n", true, false},
        {"127.0.0.1", "localhost", "", true, false},
        {"127.0.0.1", "localhost", "X-Forwarded-For: 127.0.0.1\r\n", true, false},
        {"127.0.0.1", "localhost", "X-Forwarded-For: 192.0.2.1\r\n", true, false},
        {"127.0.0.1", "localhost", "X-Forwarded-For: unknown\r\n", true, false},
        {"127.0.0.1", "auth.example", "X-Forwarded-For: 127.0.0.2\r\n", true, false},
        {"127.0.0.1", "localhost", "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 127.0.0.2\r\n",
         true, false},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.peer << ' ' << row.host << ' ' << row.lines << row.by_our_proxy) {
            const http::client_origin from(core::parse_address(row.peer),
                                           row.by_our_proxy ? proxies : no_proxies);
            BOOST_TEST(is_own(from, row.host, row.lines) == row.own);
        }
}

BOOST_AUTO_TEST_CASE(what_is_no_plain_connection_is_not) {
    const http::trust nobody{{}, {}, true};
    BOOST_TEST(!api::is_from_own_machine(nullptr, {}));
    BOOST_TEST(!is_own(http::client_origin(std::nullopt, nobody), "localhost"));
    const std::string forwarded = "X-Forwarded-For: 127.0.0.1\r\n";
    BOOST_TEST(!is_own(http::client_origin(std::nullopt, nobody), "localhost", forwarded));
    http::client_origin here(core::parse_address("127.0.0.1"), nobody);
    BOOST_TEST(is_own(here, "localhost"));
    // What nginx sends to an upstream unless it is told otherwise.
    BOOST_TEST(!is_own(here, "localhost", "Connection: close\r\n", true));
    here.named = true; // by a PROXY header
    BOOST_TEST(!is_own(here, "localhost"));
}

BOOST_AUTO_TEST_SUITE_END()
