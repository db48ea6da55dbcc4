// What passes through a gateway, and what a gateway does while Latchkey is not well.
#include "support_gateway.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <fstream>
#include <sstream>

namespace latchkey::test {

namespace {

using site = gateway_site;

std::string request(std::string_view method, std::string_view target, const std::string& fields,
                    const std::string& body = {}) {
    return std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" +
           fields + "\r\n" + body;
}

std::string length_of(const std::string& body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

// Returns the status; the upstream heard of it only if that is 200.
int status_and_upstream(site& s, const std::string& bytes) {
    const auto before = s.upstream.count();
    const int status = s.decided(bytes).status;
    BOOST_TEST(s.upstream.count() == before + (status == 200 ? 1 : 0));
    return status;
}

void every_method_is_asked_about(site& s) {
    const std::string body = "some body";
    const auto good = site::bearer(s.our_key);
    for (const auto* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        BOOST_TEST_CONTEXT(method) {
            const bool has_body = method[0] == 'P';
            const auto more = has_body ? length_of(body) : std::string();
            const auto sent = has_body ? body : std::string();
            BOOST_TEST(status_and_upstream(s, request(method, "/devices/x", more, sent)) == 401);
            BOOST_TEST(status_and_upstream(s, request(method, "/devices/x", good + more, sent)) ==
                       200);
            const auto asked = s.upstream.last();
            BOOST_TEST(asked.method == method);
            BOOST_TEST(asked.body == sent);
        }
}

void a_chunked_body_passes(site& s) {
    const auto chunks = std::string("Transfer-Encoding: chunked\r\n");
    const std::string body = "4\r\nsome\r\n5\r\n body\r\n0\r\n\r\n";
    BOOST_TEST(status_and_upstream(s, request("POST", "/devices/x",
                                              site::bearer(s.our_key) + chunks, body)) == 200);
    BOOST_TEST(s.upstream.last().body == "some body");
}

void a_large_body_passes(site& s) {
    const std::string body(10 << 20, 'b');
    const auto bytes =
        request("PUT", "/devices/x", site::bearer(s.our_key) + length_of(body), body);
    BOOST_TEST(status_and_upstream(s, bytes) == 200);
    BOOST_TEST((s.upstream.last().body == body));
    auto connection = s.connect();
    const auto before = s.upstream.count();
    connection.send(request("PUT", "/devices/x", site::bearer(s.unknown_key) + length_of(body),
                            s.kind.refuses_at_once ? "b" : body));
    BOOST_TEST(connection.receive().status == 401);
    BOOST_TEST(s.upstream.count() == before);
}

// The question must not be refused with 431 because of what Latchkey does not need.
void many_cookies_pass(site& s) {
    const auto cookies = "Cookie: a=" + std::string(s.kind.cookie_bytes, 'c') + "\r\n";
    BOOST_TEST(s.decided_for("/devices/x", site::bearer(s.our_key) + cookies).status == 200);
    BOOST_TEST(s.upstream.last().as_cgi("COOKIE").size() == s.kind.cookie_bytes + 2);
    BOOST_TEST(s.decided_for("/devices/x", cookies).status == 401);
}

std::string upgrade(const std::string& fields) {
    return request("GET", "/devices/socket",
                   fields + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                            "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

void an_upgrade_passes(site& s) {
    auto connection = s.connect();
    BOOST_TEST(connection.ask(upgrade(site::bearer(s.our_key))).status == 101);
    BOOST_TEST(s.upstream.last().as_cgi("X_LATCHKEY_SUBJECT") == s.our_key_id);
    for (const auto* frame : {"\x81\x02hi", "\x81\x03you"}) {
        connection.send(frame);
        BOOST_TEST(connection.receive_once() == frame);
    }
    const auto before = s.upstream.count();
    BOOST_TEST(s.decided(upgrade({})).status == 401);
    BOOST_TEST(s.decided(upgrade(site::bearer(s.unknown_key))).status == 401);
    BOOST_TEST(s.upstream.count() == before);
}

void connections_to_latchkey_are_kept(site& s) {
    BOOST_TEST(s.decided_for("/devices/x", site::bearer(s.our_key)).status == 200);
    const auto name = "auth_connections_accepted_total";
    const auto before = s.metric_of_latchkey(name);
    auto connection = s.connect();
    const std::string body(1000, 'b');
    const auto good = site::bearer(s.our_key);
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(connection.ask(get("/devices/x", good)).status == 200);
        BOOST_TEST(
            connection.ask(request("POST", "/devices/x", good + length_of(body), body)).status ==
            200);
        BOOST_TEST(s.decided_for("/any/x", good).status == 200);
        BOOST_TEST(s.decided_for("/devices/x").status == 401);
    }
    const auto made = s.metric_of_latchkey(name) - before - 1; // this question's own
    BOOST_TEST(made <= s.kind.connections_for_40);
    BOOST_TEST_MESSAGE("40 requests took " << made << " new connections");
}

// A browser asks without credentials whether it may ask. The gateway lets this through.
void a_preflight_passes_as_nobody(site& s) {
    const std::string preflight =
        "Origin: https://example.com\r\nAccess-Control-Request-Method: PUT\r\n";
    const auto ask = [&](std::string_view method, const std::string& fields) {
        return status_and_upstream(s, request(method, "/devices/x", fields));
    };
    BOOST_TEST(ask("OPTIONS", preflight + "X-Latchkey-Subject: forged\r\n") == 200);
    const auto asked = s.upstream.last();
    BOOST_TEST(asked.method == "OPTIONS");
    for (const auto* name : {"KIND", "SUBJECT", "ORGANIZATION", "ISSUER", "SCOPES", "TOKEN"}) {
        const auto value = asked.as_cgi("X_LATCHKEY_" + std::string(name));
        BOOST_TEST((value == "(none)" || value.empty()), value);
    }
    // A credential that nobody has judged does not come along.
    BOOST_TEST(ask("OPTIONS", preflight + site::bearer(s.unknown_key) +
                                  site::x_api_key(s.unknown_key)) == 200);
    for (const auto* name : {"AUTHORIZATION", "X_API_KEY"})
        BOOST_TEST(s.upstream.last().as_cgi(name).find(s.unknown_key) == std::string::npos);
    // Nor does what no browser sends with it: it is left out, or the request is none.
    for (const auto* field :
         {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE",
          "x-http-method-override: DELETE", "X_HTTP_Method_Override: DELETE",
          "X.HTTP.Method: DELETE", "X_Method_Override: DELETE", "Proxy-Authorization: Basic eDp5"})
        BOOST_TEST_CONTEXT(field) {
            const int status = ask("OPTIONS", preflight + field + "\r\n");
            BOOST_TEST((status == 401 || status == 200), status);
            if (status == 401) continue;
            const auto got = s.upstream.last();
            for (const auto* name : {"UPGRADE", "X_HTTP_METHOD_OVERRIDE", "X_HTTP_METHOD",
                                     "X_METHOD_OVERRIDE", "PROXY_AUTHORIZATION"})
                BOOST_TEST((got.as_cgi(name) == "(none)" || got.as_cgi(name).empty()), name);
        }
    BOOST_TEST(ask("OPTIONS", preflight + site::bearer(s.our_key) +
                                  "X-HTTP-Method-Override: DELETE\r\n") == 200);
    // No other request is one.
    BOOST_TEST(ask("GET", preflight) == 401);
    BOOST_TEST(ask("OPTIONS", "") == 401);
    BOOST_TEST(ask("OPTIONS", "Origin: https://example.com\r\n") == 401);
    BOOST_TEST(ask("OPTIONS", "Access-Control-Request-Method: PUT\r\n") == 401);
    BOOST_TEST(ask("GET", preflight + "X-HTTP-Method-Override: OPTIONS\r\n") == 401);
}

void the_upstreams_own_statuses_stay(site& s) {
    for (const int status : {201, 400, 401, 403, 404, 429, 500, 502, 503})
        BOOST_TEST_CONTEXT(status) {
            const auto a = s.decided_for("/devices/x?answers=" + std::to_string(status),
                                         site::bearer(s.our_key));
            BOOST_TEST(a.status == status, a.head);
            BOOST_TEST(a.body == "upstream\n");
            BOOST_TEST(a.field("Retry-After") == upstream_server::retry_after, a.head);
        }
}

// A tunnel to the upstream would be no longer looked at, and TRACE would show what was added.
void connect_and_trace_are_refused(site& s) {
    for (const auto* method : {"CONNECT", "TRACE"})
        for (const auto* target : {"localhost:80", "/devices/x", "/open/x"})
            for (const auto& fields : {std::string(), site::bearer(s.our_key)})
                BOOST_TEST_CONTEXT(method << ' ' << target << ' ' << fields) {
                    const auto before = s.upstream.count();
                    const auto a = s.ask(request(method, target, fields + "Max-Forwards: 0\r\n"));
                    BOOST_TEST((a.status >= 400 && a.status < 500), a.head);
                    BOOST_TEST(a.body.find("atchkey") == std::string::npos);
                    BOOST_TEST(s.upstream.count() == before);
                }
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '%' && i + 2 < text.size() && std::isxdigit(text[i + 1]) != 0 &&
            std::isxdigit(text[i + 2]) != 0) {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else
            out += text[i];
    return out;
}

// Whether some upstream would make another path of it.
bool leads_elsewhere(const std::string& target) {
    const auto as_sent = target.substr(0, target.find('?'));
    if (as_sent.find('#') != std::string::npos) return true;
    auto path = percent_decoded(as_sent);
    for (char& c : path)
        if (c == '\\') c = '/';
    std::istringstream all(path);
    for (std::string segment; std::getline(all, segment, '/');) {
        segment.resize(std::min(segment.size(), segment.find(';')));
        if (segment == "." || segment == "..") return true;
    }
    return false;
}

// The gateway compares one path; the upstream must not get another.
void dots_do_not_reach_the_upstream(site& s) {
    for (const auto* path : {"/devices/../open",
                             "/devices/x/..%2f..%2fopen",
                             "/devices/%2e%2e/open/x",
                             "/devices/x/%2E./../open/x",
                             "/devices/x/..%5c..%5copen",
                             "/devices/..;/open/x",
                             "/devices/..%3b/open/x",
                             "/devices/..",
                             "/devices/.?x",
                             "/open/..",
                             "/open/../devices/x",
                             "/open/..%2fdevices/x",
                             "/open%2f..%2fdevices/x",
                             "/open/x/%2e%2e%2f%2e%2e/devices/x",
                             "/open/./x",
                             "/open/..\\devices/x",
                             "/open/../devices/x%zz",
                             "/open/..;x/devices",
                             "/open#/../devices/x",
                             "/open/#x",
                             "http://localhost/devices/../open"})
        for (const auto& fields : {std::string(), site::bearer(s.our_key)})
            BOOST_TEST_CONTEXT(path << ' ' << fields) {
                const auto before = s.upstream.count();
                const auto a = s.decided_for(path, fields);
                if (a.status != 200) {
                    BOOST_TEST((a.status >= 400 && a.status < 500), a.head);
                    BOOST_TEST(s.upstream.count() == before);
                } else // the gateway has made one path of it, for itself and for the upstream
                    BOOST_TEST(!leads_elsewhere(s.upstream.last().target),
                               s.upstream.last().target);
            }
}

void other_dots_pass(site& s) {
    for (const auto* path : {"/a..b", "/a/...", "/.well-known/x", "/..a", "/a./b", "/.a.",
                             "/a?/../b", "/a?x=%2e%2e/", "/%2e%2e%2e/x", "/a;b=../c"})
        for (const auto* place : {"/open", "/devices"})
            BOOST_TEST_CONTEXT(place << path) {
                const auto target = std::string(place) + path;
                BOOST_TEST(s.decided_for(target, site::bearer(s.our_key)).status == 200);
                const auto got = s.upstream.last().target;
                BOOST_TEST((got == target || percent_decoded(got) == percent_decoded(target)), got);
            }
}

// However a path is spelt: what the upstream may take for /devices/ is protected.
void no_spelling_of_a_path_leads_around(site& s) {
    for (const auto* path : {"/open/../devices/x",
                             "/open/%2e%2e/devices/x",
                             "/open/.%2E/devices/x",
                             "//devices/x",
                             "/devices//x",
                             "/%64evices/x",
                             "/open/..%2fdevices/x",
                             "/devices/../devices/x",
                             "/./devices/x",
                             "/open/..//devices/x",
                             "/devices/x/../y",
                             "http://localhost/devices/x",
                             "/devices/?/open/x",
                             "/devices/..;/open/x",
                             "/open/..;/../devices/x",
                             "/devices",
                             "/devices?/open/x",
                             "///devices/x",
                             "/%64evices",
                             "//%64evices//x",
                             "/devices%2fx",
                             "/devices/x%zz",
                             "/%64evices/x%zz"})
        BOOST_TEST_CONTEXT(path) {
            const auto before = s.upstream.count();
            const int status = s.decided_for(path).status;
            if (status == 200)
                // A text that the upstream must not take for another path of its own.
                BOOST_TEST(s.upstream.last().target.starts_with("/open/"));
            else
                BOOST_TEST(s.upstream.count() == before);
        }
}

// --- Latchkey is not well ------------------------------------------------------------------------

void is_undecided(site& s, const std::string& fields) {
    const auto before = s.upstream.count();
    const auto a = s.ask_for("/devices/x", fields);
    BOOST_TEST(a.status == 503, a.head);
    BOOST_TEST(!a.field("Retry-After").empty(), a.head);
    BOOST_TEST(s.upstream.count() == before);
}

// kill() returns before all threads have stopped.
bool is_stopped(pid_t pid) {
    std::string line;
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    while (std::getline(status, line) && !line.starts_with("State:")) {
    }
    return line.find('T') != std::string::npos;
}

void a_slow_one_is_not_waited_for(site& s) {
    s.start_gateway([](gateway_order& order) { order.hurries = true; });
    BOOST_TEST(s.decided_for("/devices/x", site::bearer(s.our_key)).status == 200);
    s.latchkey->signal(SIGSTOP);
    BOOST_REQUIRE(soon([&] { return is_stopped(s.latchkey->pid()); }));
    is_undecided(s, site::bearer(s.our_key));
    s.latchkey->signal(SIGCONT);
    BOOST_TEST(soon([&] { return s.status_of_good() == 200; }));
    s.start_gateway();
}

void without_latchkey_nobody_passes(site& s) {
    s.kill_latchkey();
    is_undecided(s, site::bearer(s.our_key));
    is_undecided(s, "X-Latchkey-Kind: api_key\r\nX_Latchkey_Kind: api_key\r\n");
    is_undecided(s, {});
    BOOST_TEST(s.ask_for("/open/x").status == 200);
}

// Until it is back, every answer is a refusal; then all is as before.
void it_comes_back(site& s) {
    s.restart_latchkey();
    int good = 0;
    BOOST_TEST(soon([&] {
        const auto before = s.upstream.count();
        const int bad = s.ask_for("/devices/x", site::bearer(s.unknown_key)).status;
        BOOST_TEST((bad == 503 || bad == 401), bad);
        BOOST_TEST(s.upstream.count() == before);
        good = s.status_of_good();
        BOOST_TEST((good == 503 || good == 200), good);
        return good == 200 && bad == 401;
    }));
}

constexpr gateway_scenario of_requests[] = {
    {"every method is asked about", every_method_is_asked_about},
    {"a chunked body passes", a_chunked_body_passes},
    {"a large body passes", a_large_body_passes},
    {"many cookies pass", many_cookies_pass},
    {"an upgrade passes", an_upgrade_passes},
    {"connections to Latchkey are kept", connections_to_latchkey_are_kept},
    {"a preflight passes as nobody", a_preflight_passes_as_nobody},
    {"CONNECT and TRACE are refused", connect_and_trace_are_refused},
    {"dots do not reach the upstream", dots_do_not_reach_the_upstream},
    {"other dots pass", other_dots_pass},
    {"the upstream's own statuses stay", the_upstreams_own_statuses_stay},
    {"no spelling of a path leads around", no_spelling_of_a_path_leads_around},
};

constexpr gateway_scenario of_faults[] = {
    {"a slow one is not waited for", a_slow_one_is_not_waited_for},
    {"without Latchkey nobody passes", without_latchkey_nobody_passes},
    {"it comes back", it_comes_back},
};

} // namespace

std::span<const gateway_scenario> scenarios_of_requests() {
    return of_requests;
}

std::span<const gateway_scenario> scenarios_of_faults() {
    return of_faults;
}

} // namespace latchkey::test
