// nginx with the shipped configuration.
#include "../support/loopback.hpp"
#include "gateway_files.hpp"

#include <unistd.h>

#include <optional>
#include <utility>

using namespace latchkey::test;

namespace {

// Does what the comments of the files tell an operator to do. `other_node`: a port, or none.
void copy_shipped_files(const gateway_order& order, int other_node) {
    for (const std::string name : {"latchkey-protect.conf", "latchkey-fields.conf"})
        shipped_file("nginx/" + name).write(order.file(name));
    shipped_file upstream("nginx/latchkey-upstream.conf"), server("nginx/latchkey-server.conf");
    upstream.replace("127.0.0.1:8080", "127.0.0.1:" + std::to_string(order.latchkey_port));
    if (other_node != 0)
        upstream.replace("    server ",
                         "    server 127.0.0.1:" + std::to_string(other_node) + ";\n    server ");
    if (order.hurries) server.replace("proxy_read_timeout 4s;", "proxy_read_timeout 500ms;");
    if (!order.authority_file.empty()) {
        upstream.replace("default http;", "default https;");
        server.replace("#tls ", "").replace("/etc/nginx/latchkey-ca.pem", order.authority_file);
    }
    if (!order.caller_key.empty()) {
        write_file(order.file("latchkey-key.conf"),
                   "proxy_set_header X-Latchkey-Key \"" + order.caller_key + "\";\n");
        server.replace("#caller ", "");
    }
    upstream.write(order.file("latchkey-upstream.conf"));
    server.write(order.file("latchkey-server.conf"));
}

/// What the test's own nginx.conf says besides.
struct own_lines {
    std::string http{};   ///< inside http { }
    std::string server{}; ///< inside server { }, after the locations that all gateways have
    int other_node = 0;   ///< the port of another node of Latchkey
};

std::string location(const std::string& path, const std::string& check) {
    return "location " + path + " {\n" + check +
           R"(client_max_body_size 20m;
proxy_pass http://upstream;
proxy_http_version 1.1;
proxy_set_header Host $host;
proxy_set_header Upgrade $latchkey_upgrade;
proxy_set_header Connection $latchkey_connection;
}
)";
}

std::string protect(const std::string& path, const std::string& demand) {
    return location(path,
                    "set $latchkey_demand \"" + demand + "\";\ninclude latchkey-protect.conf;\n");
}

std::vector<std::string> configure(const gateway_order& order, const own_lines& own = {}) {
    copy_shipped_files(order, own.other_node);
    const auto port = std::to_string(order.port);
    std::string paths;
    for (const auto* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        paths += std::string(kind) + "_temp_path " + order.file(kind) + ";\n";
    write_file(order.file("nginx.conf"),
               "daemon off;\nmaster_process off;\npid " + order.file("pid") +
                   ";\nevents {}\nhttp {\naccess_log off;\n" + paths +
                   "large_client_header_buffers 4 32k;\nunderscores_in_headers on;\n"
                   "upstream upstream { server 127.0.0.1:" +
                   std::to_string(order.upstream_port) +
                   "; }\n"
                   "include latchkey-upstream.conf;\n" +
                   own.http + "server {\nlisten 127.0.0.1:" + port +
                   ";\ninclude latchkey-server.conf;\n" +
                   protect("/devices/", "scope=devices:read&organization=ours") +
                   protect("/any/", "any") + protect("/token/", "token=1") +
                   location("/", "include latchkey-fields.conf;\n") + own.server + "}\n}\n");
    return {"/usr/sbin/nginx", "-p", order.folder, "-c", order.file("nginx.conf"), "-e", "stderr"};
}

gateway_kind nginx(const own_lines& own = {}) {
    return {.configure = [own](const gateway_order& order) { return configure(order, own); }};
}

const std::string preflight =
    "Origin: https://example.com\r\nAccess-Control-Request-Method: PUT\r\n";

/// Takes one connection, and never answers.
struct listening_socket {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = bind_to_free_port(fd);

    listening_socket() { BOOST_REQUIRE(::listen(fd, 8) == 0); }
    ~listening_socket() { ::close(fd); }
    std::string receive_until(std::string_view text) const {
        const int peer = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
        const timeval wait{patience.count(), 0};
        ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        std::string got;
        char bytes[4096];
        while (got.find(text) == std::string::npos) {
            const auto n = ::recv(peer, bytes, sizeof bytes, 0);
            if (n <= 0) break;
            got.append(bytes, static_cast<std::size_t>(n));
        }
        ::close(peer);
        return got;
    }
};

} // namespace

/// Latchkey, the upstream and the credentials; each case starts an nginx of its own.
struct one_site {
    static inline std::optional<gateway_site> site;
    static void set_up() { site.emplace(nginx(), site_options{.toml = policy_read}); }
    static void take_down() { site.reset(); }
    static gateway_site& with(const own_lines& own) {
        site->start_gateway(nginx(own));
        BOOST_REQUIRE(soon([] { return site->status_of_good() == 200; }));
        return *site;
    }
};

BOOST_AUTO_TEST_SUITE(gateway_nginx,
                      *boost::unit_test::fixture(&one_site::set_up, &one_site::take_down))

BOOST_AUTO_TEST_CASE(it_does_what_all_gateways_do) {
    auto& site = one_site::with({});
    run_all(scenarios_of_credentials(), site);
    run_all(scenarios_of_requests(), site);
    dots_are_no_way_to_forge(site);
    an_address_cannot_be_left_out(site);
    only_websocket_upgrades(site);
    odd_requests_are_asked_about(site, 20'000);
    run_all(scenarios_of_faults(), site);
}

// What an operator has set for the whole server must not turn a refusal into consent.
BOOST_AUTO_TEST_CASE(settings_of_others_do_not_open_a_location) {
    auto& site = one_site::with(
        {.http = "proxy_intercept_errors on;\nproxy_ignore_headers Cache-Control Expires;\n"
                 "proxy_cache_path cache keys_zone=all:1m;\nproxy_cache all;\n"
                 "proxy_cache_valid any 1h;\nproxy_cache_key $uri;\nproxy_method POST;\n"
                 "proxy_set_body \"GET / HTTP/1.1\\r\\n\\r\\n\";\nproxy_pass_request_headers on;\n"
                 "error_page 400 401 403 404 429 500 502 503 504 =200 /open/page;\n"
                 "recursive_error_pages on;\nproxy_hide_header X-Latchkey-Subject;\n"
                 "add_header X-Own own;\nsatisfy all;\nauth_delay 0s;\n",
         .server = "error_page 500 502 503 504 =200 /open/page;\nproxy_connect_timeout 5s;\n"});
    const auto good = site.bearer(site.our_key);
    bool is_well = true;
    const auto status = [&](const std::string& fields) {
        const auto before = site.upstream.count();
        const auto target = "/devices/" + std::to_string(before);
        const auto a = is_well ? site.decided_for(target, fields) : site.ask_for(target, fields);
        return std::to_string(a.status) +
               (site.upstream.count() > before ? " " + site.upstream.last().method : "");
    };
    BOOST_TEST(status("") == "401");
    BOOST_TEST(status(site.bearer(site.weak_key)) == "403");
    BOOST_TEST(status(good) == "200 POST");
    BOOST_TEST(site.upstream.last().target.starts_with("/devices/"));
    // A body that is set for all locations is not sent to Latchkey, where it would be another
    // request.
    const auto accepted = "auth_connections_accepted_total";
    const auto connections = site.metric_of_latchkey(accepted);
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(status(good) == "200 POST");
    BOOST_TEST(site.metric_of_latchkey(accepted) - connections == 1); // this question's own
    // No answer about one client is kept for another.
    BOOST_TEST(status("") == "401");
    BOOST_TEST(status(site.bearer(site.unknown_key)) == "401");
    site.kill_latchkey();
    is_well = false;
    BOOST_TEST(status(good) == "503");
    BOOST_TEST(status("") == "503");
    site.restart_latchkey();
}

// Wherever a line was forgotten, nobody passes.
BOOST_AUTO_TEST_CASE(what_was_forgotten_stays_closed) {
    const reserved_port other;
    auto& site = one_site::with(
        {.http = "server {\nlisten 127.0.0.1:" + std::to_string(other.number()) +
                 ";\nlocation / { proxy_pass http://upstream; }\n" + protect("/devices/", "any") +
                 "}\n",
         .server =
             // No demand.
         location("/bare/", "include latchkey-protect.conf;\n") +
         // The check of the location around, and no demand of its own.
         "location /outer/ {\nset $latchkey_demand any;\ninclude latchkey-protect.conf;\n"
         "location /outer/inner/ { proxy_pass http://upstream; }\n"
         "proxy_pass http://upstream;\n}\n"
         // Another location goes on, with a demand of its own or without one.
         "location /first/ {\nset $latchkey_demand any;\ninclude latchkey-protect.conf;\n"
         "try_files /none @second;\n}\n"
         "location @second {\nset $latchkey_demand \"scope=admin\";\n"
         "include latchkey-protect.conf;\nproxy_pass http://upstream;\n}\n"
         "location /third/ {\nset $latchkey_demand any;\ninclude latchkey-protect.conf;\n"
         "try_files /none @fourth;\n}\n"
         "location @fourth {\ninclude latchkey-protect.conf;\n"
         "proxy_pass http://upstream;\n}\n"
         // Everything is closed that does not say otherwise.
         "location /closed/ {\nauth_request /_latchkey;\nproxy_pass http://upstream;\n}\n" +
         protect("/misspelt/", "organisation=ours") + protect("/spaced/", "scope=a b") +
         protect("/unknown/", "@nobody") + protect("/outside/", "@x/../../livez") +
         protect("/empty/", "organization=")});
    const auto good = site.bearer(site.our_key);
    const auto before = site.upstream.count();
    const struct {
        const char* place;
        int status;
    } all[] = {{"/bare/x", 503},   {"/outer/inner/x", 503}, {"/first/x", 403},
               {"/third/x", 503},  {"/closed/x", 500},      {"/misspelt/x", 403},
               {"/spaced/x", 503}, {"/unknown/x", 403},     {"/outside/x", 403},
               {"/empty/x", 403},  {"/_latchkey", 404}};
    for (const auto& one : all)
        BOOST_TEST_CONTEXT(one.place) {
            const auto a = site.ask_for(one.place, good);
            BOOST_TEST(a.status == one.status, a.head);
        }
    for (const auto* place : {"/bare/x", "/outer/inner/x", "/closed/x"}) {
        const auto a = site.ask("OPTIONS " + std::string(place) + " HTTP/1.1\r\nHost: x\r\n" +
                                preflight + "\r\n");
        BOOST_TEST(a.status >= 500, a.head);
    }
    BOOST_TEST(site.unwatched(other.number()).ask(get("/devices/x", good)).status == 503);
    BOOST_TEST(site.upstream.count() == before);
    BOOST_TEST(site.decided_for("/outer/x", good).status == 200);
}

// The rules of a server count for questions to Latchkey, too. The upstream's 200 is no consent.
BOOST_AUTO_TEST_CASE(rewrites_of_the_server_do_not_reach_the_question) {
    const reserved_port other;
    for (const std::string rule :
         {"rewrite ^/(.*)$ /v1/$1;",
          "if (!-e $request_filename) { rewrite ^(.*)$ /index.php?q=$1 last; }",
          "if ($uri ~ ^/_) { return 200; }", "if ($uri ~ ^/_) { return 204; }"})
        BOOST_TEST_CONTEXT(rule) {
            auto& site = one_site::with(
                {.http = "server {\nlisten 127.0.0.1:" + std::to_string(other.number()) +
                         ";\ninclude latchkey-server.conf;\n" + rule + "\n" +
                         protect("/", "scope=devices:read") + "}\n"});
            const auto status = [&](const std::string& key) {
                return site.unwatched(other.number()).ask(get("/x", site.bearer(key))).status;
            };
            const auto before = site.upstream.count();
            BOOST_REQUIRE(soon([&] {
                const int told = status(site.unknown_key);
                BOOST_REQUIRE_MESSAGE((told == 401 || told == 503), told);
                return told == 401;
            }));
            BOOST_TEST(soon([&] { return status(site.weak_key) == 403; }));
            BOOST_TEST(site.upstream.count() == before);
            BOOST_TEST(soon([&] { return status(site.our_key) == 200; }));
            BOOST_TEST(site.upstream.last().as_cgi("X_LATCHKEY_ORGANIZATION") == "ours");
        }
}

BOOST_AUTO_TEST_CASE(a_demand_may_have_a_name) {
    auto& site = one_site::with(
        {.server =
             protect("/named/", "@read") + protect("/unknown/", "@other") +
             location("/nothing/", "include latchkey-protect.conf;\n") +
             protect("/more/", "scope=devices%3Aread&organization=ours&organization=theirs")});
    policies_are_demanded_by_name(site);
    for (const auto& [key, status] : {std::pair(site.our_key, 200), std::pair(site.their_key, 200),
                                      std::pair(site.weak_key, 403)})
        BOOST_TEST(site.decided_for("/more/x?organization=none", site.bearer(key)).status ==
                   status);
}

BOOST_AUTO_TEST_CASE(http_2_is_no_other_way_in) {
    const reserved_port port;
    auto& site = one_site::with(
        {.http = "server {\nlisten 127.0.0.1:" + std::to_string(port.number()) +
                 " http2;\ninclude latchkey-server.conf;\n" + protect("/devices/", "any") + "}\n"});
    http_2_is_no_other_way(site, port.number());
}

BOOST_AUTO_TEST_CASE(latchkey_gets_what_it_needs_and_no_more) {
    auto& site = *one_site::site;
    site.start_gateway([](gateway_order& order) { order.latchkey_port = order.upstream_port; });
    const auto a = site.ask_for("/devices/x?y", site.bearer("x") + "Cookie: a=b\r\nX-Other: y\r\n"
                                                                   "X-Latchkey-Key: forged\r\n");
    // auth_request takes every 2xx for consent, whoever has answered.
    BOOST_TEST(a.status == 200);
    BOOST_TEST(site.upstream.last().as_cgi("X_LATCHKEY_KIND") == "(none)");
    const auto asked = site.upstream.last(1);
    BOOST_TEST(asked.target == "/forward-auth?scope=devices:read&organization=ours");
    const std::pair<const char*, const char*> all[] = {{"AUTHORIZATION", "Bearer x"},
                                                       {"X_FORWARDED_FOR", "127.0.0.1"},
                                                       {"X_FORWARDED_HOST", "localhost"},
                                                       {"X_FORWARDED_PROTO", "http"},
                                                       {"X_ORIGINAL_METHOD", "GET"},
                                                       {"X_ORIGINAL_URI", "/devices/x"},
                                                       {"COOKIE", "(none)"},
                                                       {"X_OTHER", "(none)"},
                                                       {"X_API_KEY", "(none)"},
                                                       {"X_LATCHKEY_KEY", "(none)"}};
    for (const auto& [name, value] : all)
        BOOST_TEST(asked.as_cgi(name) == value, name);
    BOOST_TEST(asked.fields.size() == 8); // Host and X-Request-Id besides
}

BOOST_AUTO_TEST_CASE(an_answer_leads_nowhere_else) {
    auto& site = *one_site::site;
    site.start_gateway([](gateway_order& order) { order.latchkey_port = order.upstream_port; });
    for (const std::string status : {"401 Unauthorized", "403 Forbidden", "503 Unavailable"}) {
        site.upstream.answer_with("HTTP/1.1 " + status +
                                  "\r\nX-Accel-Redirect: /open/x\r\nContent-Length: 0\r\n\r\n");
        const auto before = site.upstream.count();
        BOOST_TEST(site.ask_for("/devices/x").status == std::stoi(status));
        for (auto i = site.upstream.count() - before; i-- > 0;)
            BOOST_TEST(site.upstream.last(i).target.starts_with("/forward-auth"));
    }
    site.upstream.answer_with({});
}

BOOST_AUTO_TEST_CASE(encoded_slashes_pass) {
    auto& site = one_site::with({});
    for (const auto* target : {"/devices/a%2Fb", "/open/a%2Fb", "/devices/%5cx", "/open/%2f%2fx"}) {
        BOOST_TEST(site.decided_for(target, site.bearer(site.our_key)).status == 200);
        BOOST_TEST(site.upstream.last().target == target);
    }
}

// Programs behind FastCGI, SCGI and uWSGI get variables, for which both spellings are one.
BOOST_AUTO_TEST_CASE(cgi_upstreams_get_variables) {
    for (const auto* protocol : {"fastcgi", "scgi", "uwsgi"})
        BOOST_TEST_CONTEXT(protocol) {
            const listening_socket upstream;
            auto& site = one_site::with({.server = "location /cgi/ {\nset $latchkey_demand any;\n"
                                                   "include latchkey-protect.conf;\n" +
                                                   std::string(protocol) + "_pass 127.0.0.1:" +
                                                   std::to_string(upstream.port) + ";\n}\n"});
            auto connection = site.connect();
            connection.send(get("/cgi/x", site.bearer(site.our_key) +
                                              "X_Latchkey_Subject: forged\r\n"
                                              "X-Latchkey-Subject: forged\r\n"
                                              "X-Latchkey-Key: forged\r\nX-API-Key: " +
                                              site.our_key +
                                              "\r\nX_API_Key: forged\r\nX-Last: last\r\n"));
            const auto got = upstream.receive_until("HTTP_X_LAST");
            BOOST_TEST(got.find("HTTP_X_LATCHKEY_SUBJECT") != std::string::npos);
            BOOST_TEST(got.find(site.our_key_id) != std::string::npos);
            BOOST_TEST(got.find("forged") == std::string::npos);
            BOOST_TEST(got.find("HTTP_X_LATCHKEY_KEY") == std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(another_node_is_asked_if_one_is_away) {
    const reserved_port nobody;
    auto& site = one_site::with({.other_node = nobody.number()});
    for (int i = 0; i < 4; ++i)
        BOOST_TEST(site.decided_for("/devices/x", site.bearer(site.our_key)).status == 200);
    BOOST_TEST(site.decided_for("/devices/x").status == 401);
}

// What one client can make Latchkey say must not close the nodes to all others. The upstream
// plays both nodes.
BOOST_AUTO_TEST_CASE(nodes_that_could_not_decide_are_asked_again) {
    auto& site = *one_site::site;
    site.kind = nginx(
        {.server = protect("/undecided/", "answers=503"), .other_node = site.upstream.port()});
    site.start_gateway([](gateway_order& order) { order.latchkey_port = order.upstream_port; });
    for (int i = 0; i < 4; ++i)
        BOOST_TEST(site.ask_for("/undecided/x").status == 503);
    BOOST_TEST(site.ask_for("/any/x").status == 200);
}

BOOST_AUTO_TEST_CASE(it_speaks_tls_to_latchkey_and_is_a_caller) {
    gateway_site site(nginx(), {.secured = true, .callers_required = true});
    tls_connections_are_kept(site);
    run_all(scenarios_of_callers(), site);
}

BOOST_AUTO_TEST_SUITE_END()
