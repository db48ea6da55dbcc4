// nginx with the shipped configuration.
#include "support_gateway.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace latchkey::test;

namespace {

std::string content_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void write(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
}

// Does what the comments of the files tell an operator to do.
void replace(std::string& text, const std::string& what, const std::string& by) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
        ++count;
    }
    BOOST_REQUIRE_MESSAGE(count > 0, "the shipped configuration has no " + what);
}

void copy_shipped_files(const gateway_order& order) {
    const std::string shipped = LATCHKEY_SOURCE_DIR "/etc/gateways/nginx/";
    for (const auto* name : {"latchkey-protect.conf", "latchkey-fields.conf"})
        std::filesystem::copy_file(shipped + name, order.file(name));
    auto upstream = content_of(shipped + "latchkey-upstream.conf");
    auto server = content_of(shipped + "latchkey-server.conf");
    replace(upstream, "127.0.0.1:8080", "127.0.0.1:" + std::to_string(order.latchkey_port));
    replace(server, "proxy_read_timeout 4s;", "proxy_read_timeout 500ms;"); // for the test's sake
    if (!order.authority_file.empty()) {
        replace(upstream, "default http;", "default https;");
        replace(server, "#tls ", "");
        replace(server, "/etc/nginx/latchkey-ca.pem", order.authority_file);
    }
    if (!order.caller_key.empty()) {
        write(order.file("latchkey-key.conf"),
              "proxy_set_header X-Latchkey-Key \"" + order.caller_key + "\";\n");
        replace(server, "#caller ", "");
    }
    write(order.file("latchkey-upstream.conf"), upstream);
    write(order.file("latchkey-server.conf"), server);
}

/// What the test's own nginx.conf says besides.
struct own_lines {
    std::string http;   ///< inside http { }
    std::string server; ///< inside server { }, after the locations that all gateways have
};

std::string location(const std::string& path, const std::string& check) {
    return "location " + path + " {\n" + check +
           R"(client_max_body_size 20m;
proxy_pass http://upstream;
proxy_http_version 1.1;
proxy_set_header Host $host;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $connection_upgrade;
}
)";
}

std::string protect(const std::string& path, const std::string& demand) {
    return location(path,
                    "set $latchkey_demand \"" + demand + "\";\ninclude latchkey-protect.conf;\n");
}

std::vector<std::string> configure(const gateway_order& order, const own_lines& own = {}) {
    copy_shipped_files(order);
    const auto port = std::to_string(order.port);
    std::string paths;
    for (const auto* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        paths += std::string(kind) + "_temp_path " + order.file(kind) + ";\n";
    write(order.file("nginx.conf"),
          "daemon off;\nmaster_process off;\npid " + order.file("pid") +
              ";\nevents {}\nhttp {\naccess_log off;\n" + paths +
              "large_client_header_buffers 4 32k;\nunderscores_in_headers on;\n"
              "upstream upstream { server 127.0.0.1:" +
              std::to_string(order.upstream_port) +
              "; }\n"
              "map $http_upgrade $connection_upgrade { \"\" \"\"; default upgrade; }\n"
              "include latchkey-upstream.conf;\n" +
              own.http + "server {\nlisten 127.0.0.1:" + port +
              ";\ninclude latchkey-server.conf;\n" +
              protect("/devices/", "scope=devices:read&organization=ours") +
              protect("/any/", "any") + protect("/token/", "token=1") +
              location("/open/", "include latchkey-fields.conf;\n") + own.server + "}\n}\n");
    return {"/usr/sbin/nginx", "-p", order.folder, "-c", order.file("nginx.conf"), "-e", "stderr"};
}

gateway_kind nginx(const own_lines& own = {}) {
    return {.configure = [own](const gateway_order& order) { return configure(order, own); }};
}

} // namespace

BOOST_AUTO_TEST_SUITE(gateway_nginx)

BOOST_AUTO_TEST_CASE(it_does_what_all_gateways_do) {
    gateway_site site(nginx());
    run_all(scenarios_of_credentials(), site);
    run_all(scenarios_of_requests(), site);
    run_all(scenarios_of_faults(), site);
}

BOOST_AUTO_TEST_CASE(it_speaks_tls_to_latchkey_and_is_a_caller) {
    gateway_site site(nginx(), {.secured = true, .callers_required = true});
    run_all(scenarios_of_callers(), site);
}

BOOST_AUTO_TEST_SUITE_END()
