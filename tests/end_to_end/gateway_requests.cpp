// Questions as Envoy and Traefik send them, byte by byte, from their sources: Envoy 1.24 to 1.35
// (source/extensions/filters/common/ext_authz/ext_authz_http_impl.cc,
// source/common/http/async_client_impl.cc) and Traefik 3.5 and 2.11
// (pkg/middlewares/auth/forward.go). The gateways themselves are not run.
#include "cached_keys.hpp"

#include <optional>
#include <sstream>

using namespace latchkey::test;

namespace {

/// Latchkey with a policy of the gateway's, and a key of each kind.
struct asked_latchkey {
    migrated_database database;
    server_process server;
    std::string good, other, weak, bound;
    client connection; // gateways keep theirs

    asked_latchkey()
        : server(database.uri(), "workers = 1\ntrusted_proxies = \"127.0.0.1, 192.0.2.1\"\n",
                 "[[forward_auth]]\nname = \"devices\"\nscopes = \"devices:read\"\n"
                 "organization = \"acme\"\n"
                 "[[forward_auth]]\nname = \"open\"\n"),
          connection(ready(server)) {
        for (const auto* id : {"acme", "evil"})
            server.create_organization(id);
        good = server.create_key("acme", {"--scopes", "devices:read"});
        other = server.create_key("evil", {"--scopes", "devices:read"});
        weak = server.create_key("acme");
        bound =
            server.create_key("acme", {"--scopes", "devices:read", "--allowed-ips", "203.0.113.9"});
        for (const auto& key : {good, other, weak, bound})
            BOOST_REQUIRE(soon([&] {
                return server.ask(get("/forward-auth", "X-API-Key: " + key + "\r\n")).status != 401;
            }));
    }

    /// "200 VALID". The connection stays.
    std::string ask(const std::string& bytes) {
        connection.send(bytes);
        const auto a = connection.receive(bytes.starts_with("HEAD "));
        BOOST_TEST(a.body == "");
        BOOST_TEST(a.field("Connection") == "");
        BOOST_TEST(a.field("Cache-Control") == "no-store");
        return std::to_string(a.status) + " " + a.field("X-Latchkey-Code");
    }

  private:
    static client ready(const server_process& server) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        return server.connect();
    }
};

std::string bearer(const std::string& key) {
    return "Bearer " + key;
}

/// The client's request, and what Envoy knows of it.
struct envoy_request {
    std::string method = "GET";
    std::string path = "/devices/1"; ///< with its query, as the client has sent it
    std::string authorization{};
    std::string forwarded_for = "203.0.113.9";
    std::string body{};   ///< with_request_body; the shipped configuration has none
    bool is_older{false}; ///< than 1.28: it appends its own address to X-Forwarded-For
};

// Content-Length is first and always there, Path has the prefix, names are in lower case.
std::string by_envoy(const envoy_request& r) {
    std::string out =
        r.method + " /forward-auth/@devices" + r.path +
        " HTTP/1.1\r\nhost: api.example\r\ncontent-length: " + std::to_string(r.body.size()) +
        "\r\n";
    if (!r.authorization.empty()) out += "authorization: " + r.authorization + "\r\n";
    return out + "x-forwarded-for: " + r.forwarded_for + (r.is_older ? ",192.0.2.1" : "") +
           "\r\nx-forwarded-proto: https\r\nx-request-id: "
           "8ad0c8a6-6a4e-4a0c-9f4d-1c0a4d1a0b7e\r\nx-envoy-internal: true\r\n"
           "x-envoy-expected-rq-timeout-ms: 4000\r\n\r\n" +
           r.body;
}

struct traefik_request {
    std::string target = "/forward-auth?scope=devices:read&organization=acme";
    std::string authorization{};
    std::string method = "GET"; ///< of the client
    std::string uri = "/devices/1";
    std::string forwarded_for = "203.0.113.9";
    bool preserves_method = false; ///< preserveRequestMethod
    std::string body{};            ///< forwardBody; its length is not said, so it comes in chunks
};

// net/http: Host, User-Agent, the framing, then the other fields by name.
std::string by_traefik(const traefik_request& r) {
    const auto method = r.preserves_method ? r.method : std::string("GET");
    std::string out = method + ' ' + r.target +
                      " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Go-http-client/1.1\r\n";
    const bool has_body = method == "POST" || method == "PUT" || method == "PATCH";
    if (!r.body.empty())
        out += "Transfer-Encoding: chunked\r\n";
    else if (has_body)
        out += "Content-Length: 0\r\n";
    if (!r.authorization.empty()) out += "Authorization: " + r.authorization + "\r\n";
    out += "X-Forwarded-For: " + r.forwarded_for +
           "\r\nX-Forwarded-Host: api.example\r\nX-Forwarded-Method: " + r.method +
           "\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Uri: " + r.uri +
           "\r\nAccept-Encoding: gzip\r\n\r\n";
    if (r.body.empty()) return out;
    std::ostringstream length;
    length << std::hex << r.body.size();
    return out + length.str() + "\r\n" + r.body + "\r\n0\r\n\r\n";
}

const auto methods = {"GET",     "HEAD",  "POST",     "PUT",    "PATCH",    "DELETE",
                      "OPTIONS", "TRACE", "PROPFIND", "REPORT", "M-SEARCH", "brew"};

// What clients ask an Envoy for. (It refuses fragments, and makes slashes of backslashes.)
// clang-format off
const char* const paths[] = {
    "/", "//", "/devices/1", "//devices//1", "/.", "/..", "/../", "/../../metrics", "/../@open",
    "/@open", "/@open/..", "/./../@open/x", "/..;/@open", "/%2e%2e/@open", "/%2e%2e%2f@open",
    "/..%2f..%2fforward-auth", "/%2f", "/%2F..%2F@open", "/%5c..%5c@open", "/x%00y", "/%zz",
    "/%", "/forward-auth", "/forward-auth/@open", "/?organization=evil&scope=",
    "/?organization=evil", "/?scope=&scope=", "/?cost=0", "/?token=1", "/?", "/??",
    "/?x=/../@open", "/;organization=evil", "/@open?@open", "/a?b",
};
// clang-format on

} // namespace

/// One Latchkey for all cases.
struct one_latchkey {
    static inline std::optional<asked_latchkey> latchkey;
    static void set_up() { latchkey.emplace(); }
    static void take_down() { latchkey.reset(); }
};

BOOST_AUTO_TEST_SUITE(gateway_requests,
                      *boost::unit_test::fixture(&one_latchkey::set_up, &one_latchkey::take_down))

BOOST_AUTO_TEST_CASE(envoys_clients_do_not_choose_the_policy) {
    auto& latchkey = *one_latchkey::latchkey;
    for (const auto* path : paths)
        BOOST_TEST_CONTEXT(path) {
            const auto ask = [&](const std::string& key) {
                return latchkey.ask(by_envoy({.path = path, .authorization = bearer(key)}));
            };
            BOOST_TEST(ask(latchkey.good) == "200 VALID");
            BOOST_TEST(ask(latchkey.other) == "403 ORGANIZATION_NOT_ALLOWED");
            BOOST_TEST(ask(latchkey.weak) == "403 INSUFFICIENT_SCOPES");
            BOOST_TEST(ask(latchkey.good + "x") == "401 INVALID_FORMAT");
            BOOST_TEST(latchkey.ask(by_envoy({.path = path})) == "401 CREDENTIAL_MISSING");
        }
    // OPTIONS * and CONNECT have no path: what Envoy makes of them is no policy's name.
    for (const auto* path : {"*", "", ":443", "%2f", "@open", "x/../@open"})
        BOOST_TEST_CONTEXT(path) {
            const auto told = latchkey.ask(by_envoy(
                {.method = "OPTIONS", .path = path, .authorization = bearer(latchkey.other)}));
            BOOST_TEST(told == (*path ? "403 POLICY_UNKNOWN" : "403 ORGANIZATION_NOT_ALLOWED"));
        }
    const std::string long_path = "/" + std::string(5'000, 'p') + "?" + std::string(2'000, 'q');
    BOOST_TEST(latchkey.ask(by_envoy(
                   {.path = long_path, .authorization = bearer(latchkey.good)})) == "200 VALID");
}

BOOST_AUTO_TEST_CASE(envoy_sends_the_clients_method_and_no_body) {
    auto& latchkey = *one_latchkey::latchkey;
    for (const auto* method : methods)
        BOOST_TEST_CONTEXT(method) {
            const auto ask = [&](const std::string& key, const std::string& body) {
                return latchkey.ask(
                    by_envoy({.method = method, .authorization = bearer(key), .body = body}));
            };
            BOOST_TEST(ask(latchkey.good, "") == "200 VALID");
            BOOST_TEST(ask(latchkey.other, "") == "403 ORGANIZATION_NOT_ALLOWED");
            BOOST_TEST(ask(latchkey.good, "organization=evil") == "200 VALID");
            BOOST_TEST(ask(latchkey.other, "organization=evil") == "403 ORGANIZATION_NOT_ALLOWED");
        }
    // Two lines of one field are one with a comma.
    BOOST_TEST(latchkey.ask(by_envoy(
                   {.authorization = bearer(latchkey.good) + "," + bearer(latchkey.good)})) ==
               "401 INVALID_FORMAT");
}

BOOST_AUTO_TEST_CASE(the_address_is_the_one_that_the_gateway_saw) {
    auto& latchkey = *one_latchkey::latchkey;
    const struct {
        const char *forwarded_for, *told;
    } all[] = {{"203.0.113.9", "200 VALID"},
               {"198.51.100.1", "403 IP_NOT_ALLOWED"},
               {"203.0.113.9,198.51.100.1", "403 IP_NOT_ALLOWED"},
               {"198.51.100.1,203.0.113.9", "200 VALID"}};
    for (const auto& one : all)
        BOOST_TEST_CONTEXT(one.forwarded_for) {
            const auto authorization = bearer(latchkey.bound);
            for (const bool is_older : {false, true})
                BOOST_TEST(latchkey.ask(by_envoy({.authorization = authorization,
                                                  .forwarded_for = one.forwarded_for,
                                                  .is_older = is_older})) == one.told);
            BOOST_TEST(latchkey.ask(by_traefik({.authorization = authorization,
                                                .forwarded_for = one.forwarded_for})) == one.told);
        }
}

BOOST_AUTO_TEST_CASE(traefik_says_in_fields_what_the_client_asks) {
    auto& latchkey = *one_latchkey::latchkey;
    for (const auto* method : methods)
        for (const bool preserves : {false, true})
            for (const std::string body : {"", "organization=evil", "{\"scopes\":[]}"})
                BOOST_TEST_CONTEXT(method << ' ' << preserves << ' ' << body) {
                    const auto ask = [&](const std::string& key) {
                        return latchkey.ask(by_traefik({.authorization = bearer(key),
                                                        .method = method,
                                                        .preserves_method = preserves,
                                                        .body = body}));
                    };
                    BOOST_TEST(ask(latchkey.good) == "200 VALID");
                    BOOST_TEST(ask(latchkey.other) == "403 ORGANIZATION_NOT_ALLOWED");
                }
    for (const auto* uri : {"/?organization=evil&scope=", "/forward-auth/@open", "//", "/%2f",
                            "/\xff", "http://other/x", "*"})
        BOOST_TEST_CONTEXT(uri) {
            for (const auto* target :
                 {"/forward-auth?scope=devices:read&organization=acme", "/forward-auth/@devices"}) {
                const auto ask = [&](const std::string& key) {
                    return latchkey.ask(
                        by_traefik({.target = target, .authorization = bearer(key), .uri = uri}));
                };
                BOOST_TEST(ask(latchkey.good) == "200 VALID");
                BOOST_TEST(ask(latchkey.other) == "403 ORGANIZATION_NOT_ALLOWED");
            }
        }
}

BOOST_AUTO_TEST_SUITE_END()
