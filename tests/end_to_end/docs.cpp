// The page for people: who gets which, how it is kept, and what it lets a browser do.
#include "../support/unpacked.hpp"
#include "oauth_node.hpp"

#include <boost/json/parse.hpp>

#include <map>

using namespace latchkey::test;
using namespace std::string_literals;

namespace {

constexpr auto no_database = "postgresql:///none?host=/nonexistent";
const std::string gzip = "Accept-Encoding: gzip\r\n";
const std::string script = "<script src=\"docs/try.js\"";
const std::string as_browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;"
                               "q=0.8\r\n";

bool is_page(const answer& a) {
    return a.field("Content-Type") == "text/html; charset=utf-8" &&
           a.body.starts_with("<!doctype html>");
}
bool may_try(const answer& a) {
    BOOST_TEST(a.status == 200);
    BOOST_TEST(is_page(a));
    return a.body.find(script) != std::string::npos;
}
answer head_of(const server_process& server, const std::string& path, const std::string& fields) {
    auto connection = server.connect();
    connection.send("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
    return connection.receive(true);
}

// The commands of the page, as a reader copies them, by the names of their operations.
std::map<std::string, std::string> commands_in(std::string_view html) {
    std::map<std::string, std::string> out;
    const std::string_view begin = "<figcaption>", middle = " by curl</figcaption>",
                           code = "<code>", end = "</code>";
    for (auto at = html.find(begin); at != html.npos; at = html.find(begin, at + 1)) {
        const auto title =
            html.substr(at + begin.size(), html.find('<', at + 1) - at - begin.size());
        if (!title.ends_with(middle.substr(0, 8))) continue;
        const auto from = html.find(code, at) + code.size();
        std::string text(html.substr(from, html.find(end, from) - from));
        for (const auto& [escaped, plain] : {std::pair("&lt;", "<"),
                                             {"&gt;", ">"},
                                             {"&quot;", "\""},
                                             {"&#39;", "'"},
                                             {"&amp;", "&"}})
            for (auto p = text.find(escaped); p != text.npos; p = text.find(escaped))
                text.replace(p, std::string_view(escaped).size(), plain);
        out.emplace(title.substr(0, title.size() - 8), text);
    }
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(docs)

BOOST_AUTO_TEST_CASE(the_page_and_its_parts_are_for_this_origin_alone) {
    const server_process server(no_database);
    const struct {
        const char* path;
        const char* type;
        const char* kept;
        const char* has;
    } table[] = {
        {"/docs", "text/html; charset=utf-8", "private, no-cache", "id=\"verifyApiKey\""},
        {"/docs/page.css", "text/css; charset=utf-8", "no-cache", "prefers-color-scheme: dark"},
        {"/docs/try.js", "text/javascript; charset=utf-8", "no-cache", "'use strict'"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.path) {
            const auto plain = server.ask(get(row.path));
            const auto packed = server.ask(get(row.path, gzip));
            BOOST_TEST(plain.status == 200);
            BOOST_TEST(plain.field("Content-Type") == row.type);
            BOOST_TEST(plain.body.find(row.has) != std::string::npos);
            BOOST_TEST(packed.field("Content-Encoding") == "gzip");
            BOOST_TEST(packed.body.size() < plain.body.size() / 2);
            BOOST_TEST((unpacked(packed.body) == plain.body));
            const auto tag = plain.field("ETag");
            BOOST_TEST(tag != packed.field("ETag"));
            const auto same = server.ask(get(row.path, "If-None-Match: " + tag + "\r\n"));
            BOOST_TEST(same.status == 304);
            BOOST_TEST(same.body == "");
            BOOST_TEST(server.ask(get(row.path, "If-None-Match: \"x\"\r\n")).status == 200);
            const auto head = head_of(server, row.path, {});
            BOOST_TEST(head.field("Content-Length") == std::to_string(plain.body.size()));
            for (const auto& a : {plain, packed, same, head}) {
                BOOST_TEST(a.field("Content-Security-Policy") ==
                           "default-src 'self'; frame-ancestors 'none'");
                BOOST_TEST(a.field("X-Content-Type-Options") == "nosniff");
                BOOST_TEST(a.field("Referrer-Policy") == "no-referrer");
                BOOST_TEST(a.field("Cache-Control") == row.kept);
                BOOST_TEST(a.field("Vary") == "Accept-Encoding");
                BOOST_TEST(!a.has("Access-Control"));
            }
        }
}

BOOST_AUTO_TEST_CASE(accept_decides_what_the_root_answers) {
    const server_process server(no_database);
    const struct {
        std::string fields;
        bool html;
    } table[] = {
        {"", false},
        {"Accept: */*\r\n", false},
        {"Accept: application/json\r\n", false},
        {"Accept: text/html\r\n", true},
        {as_browser, true},
        {"Accept: text/html;q=0.5, application/json\r\n", false},
        {"Accept: application/json\r\nAccept: text/html;q=0.1\r\n", false},
        {"Accept: application/json;q=0.1\r\nAccept: text/html\r\n", true},
        {"Accept: image/png\r\n", false},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.fields) {
            const auto a = server.ask(get("/", row.fields));
            BOOST_TEST(a.status == 200);
            BOOST_TEST(a.field("Vary") == "Accept, Accept-Encoding");
            BOOST_TEST(is_page(a) == row.html);
            BOOST_TEST(a.has("Content-Security-Policy") == row.html);
            BOOST_TEST(a.has("ETag: ") == row.html);
            if (!row.html) BOOST_TEST(a.json().at("service") == "latchkey");
            const auto head = head_of(server, "/", row.fields);
            BOOST_TEST(head.field("Content-Type") == a.field("Content-Type"));
            BOOST_TEST(head.field("Content-Length") == a.field("Content-Length"));
        }
    const auto page = server.ask(get("/docs"));
    const auto root = server.ask(get("/", as_browser));
    BOOST_TEST((page.body == root.body));
    BOOST_TEST(page.field("ETag") == root.field("ETag"));
    const auto known = "If-None-Match: " + root.field("ETag") + "\r\n";
    const auto same = server.ask(get("/", as_browser + known));
    BOOST_TEST(same.status == 304);
    BOOST_TEST(same.field("Vary") == "Accept, Accept-Encoding");
    BOOST_TEST(server.ask(get("/", known)).status == 200); // the JSON has no tag
}

BOOST_AUTO_TEST_CASE(only_who_is_on_this_machine_may_try) {
    const server_process open(no_database);
    BOOST_TEST(may_try(open.ask(get("/docs"))));
    BOOST_TEST(may_try(open.ask(get("/", as_browser))));
    BOOST_TEST(may_try(client(open.port(), 2).ask(get("/docs"))));
    BOOST_TEST(!may_try(open.ask(get("/docs", "X-Forwarded-For: 127.0.0.1\r\n"))));
    BOOST_TEST(!may_try(open.ask(get("/", as_browser + "X-Forwarded-For: 192.0.2.1\r\n"))));
    BOOST_TEST(!may_try(open.ask(get("/docs", "Forwarded: for=127.0.0.1\r\n"))));
    BOOST_TEST(!may_try(open.ask("GET /docs HTTP/1.1\r\nHost: auth.example\r\n\r\n")));
    BOOST_TEST(!may_try(open.ask("GET /docs HTTP/1.0\r\nHost: localhost\r\n\r\n")));
    client local(open.api_socket());
    BOOST_TEST(!may_try(local.ask(get("/docs"))));
    BOOST_TEST(!may_try(local.ask(get("/docs", "X-Forwarded-For: 127.0.0.1\r\n"))));
    // Whoever may not try has no use for the tag of the other page.
    const auto tag = "If-None-Match: " + open.ask(get("/docs")).field("ETag") + "\r\n";
    BOOST_TEST(open.ask(get("/docs", tag)).status == 304);
    BOOST_TEST(local.ask(get("/docs", tag)).status == 200);

    const server_process behind(no_database, "trusted_proxies = \"127.0.0.1\"");
    BOOST_TEST(!may_try(behind.ask(get("/docs"))));
    BOOST_TEST(!may_try(behind.ask(get("/docs", "X-Forwarded-For: 192.0.2.1\r\n"))));
    BOOST_TEST(!may_try(behind.ask(get("/docs", "X-Forwarded-For: 127.0.0.2, 192.0.2.1\r\n"))));
    BOOST_TEST(may_try(behind.ask(get("/docs", "X-Forwarded-For: 192.0.2.1, 127.0.0.2\r\n"))));
    BOOST_TEST(may_try(client(behind.port(), 2).ask(get("/docs"))));
}

// PROXY headers name a client; that it is on this machine is then another's word.
BOOST_AUTO_TEST_CASE(a_proxy_header_is_no_proof) {
    const reserved_port port;
    const auto place = "127.0.0.1:" + std::to_string(port.number());
    const server_process server(
        no_database, "trusted_proxies = \"127.0.0.1\"\nproxy_protocol = \"" + place + "\"", {}, {},
        {}, {.more_places = ", " + place});
    const auto ask = [&](const std::string& header) {
        return client(port.number()).ask(header + get("/docs"));
    };
    BOOST_TEST(!may_try(ask("PROXY TCP4 127.0.0.5 127.0.0.1 1 2\r\n")));
    BOOST_TEST(!may_try(ask("PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n")));
    BOOST_TEST(!may_try(ask("PROXY UNKNOWN\r\n")));
}

BOOST_AUTO_TEST_CASE(pages_of_other_origins_may_read_keys_and_the_description_alone) {
    issuing_nodes nodes;
    const auto node = nodes.start();
    issuing_nodes::issue(*node, node->create_key(node->create_organization()));
    const auto foreign = "Origin: https://other.example\r\n"s;
    for (const auto* path : {"/.well-known/jwks.json", "/openapi.json"})
        BOOST_TEST(node->ask(get(path, foreign)).field("Access-Control-Allow-Origin") == "*", path);
    for (const auto* path : {"/", "/docs", "/docs/page.css", "/docs/try.js", "/health", "/livez",
                             "/readyz", "/metrics", "/nowhere"})
        BOOST_TEST(!node->ask(get(path, foreign)).has("Access-Control"), path);
    const auto preflight = foreign + "Access-Control-Request-Method: POST\r\n"
                                     "Access-Control-Request-Headers: content-type\r\n";
    for (const auto* path :
         {"/api/v1/auth/verify-api-key", "/api/v1/auth/verify-token", "/api/v1/auth/generate-token",
          "/api/v1/auth/authenticate-device", "/api/v1/auth/revoke", "/api/v1/auth/verify-batch",
          "/docs", "/", "/forward-auth", "/openapi.json", "/.well-known/jwks.json"}) {
        const auto a =
            node->ask("OPTIONS "s + path + " HTTP/1.1\r\nHost: localhost\r\n" + preflight + "\r\n");
        BOOST_TEST(a.status != 0, path);
        BOOST_TEST(!a.has("Access-Control"), path);
    }
    BOOST_TEST(!node->ask(post("/api/v1/auth/verify-api-key", R"({"api_key":"a"})", foreign))
                    .has("Access-Control"));
}

// Every command of the page is understood, as it stands there.
BOOST_AUTO_TEST_CASE(the_examples_run) {
    const oauth_node issuer; // its URL is the issuer's, so that there is metadata
    const auto& node = issuer.node;
    const auto& organization = issuer.organization;
    const auto& key = issuer.client.key;
    const auto made = node->command(
        {"device", "register", "--organization", organization, "--name", "D", "--json"});
    const auto device = boost::json::parse(made.out).as_object();
    const auto text_of = [&](const char* name) { return std::string(device.at(name).as_string()); };
    const auto commands = commands_in(node->ask(get("/docs")).body);
    BOOST_TEST(commands.size() > 50u);
    std::string all = "export LATCHKEY_URL=http://127.0.0.1:" + std::to_string(node->port()) +
                      " LATCHKEY_ADMIN_SOCKET=" + node->admin_socket() + " DEMO_API_KEY=" + key +
                      " DEMO_TOKEN=" + issuing_nodes::issue(*node, key) +
                      " DEMO_DEVICE_ID=" + text_of("device_id") +
                      " DEMO_DEVICE_SECRET=" + text_of("device_secret") +
                      " DEMO_ORGANIZATION_ID=" + organization + " CALLER_KEY=" +
                      node->create_key(organization, {"--scopes", "latchkey:verify"}) +
                      " KEY_ID=none REVOCATION_ID=none ROLE_ID=none POLICY=none\n";
    for (const auto& [name, command] : commands)
        all += command + " -o /dev/null -w '" + name + " %{http_code}\\n'\n";
    const auto ran = run({"/bin/bash", "-c", all});
    BOOST_TEST(ran.err == "");
    for (const auto& [name, command] : commands)
        BOOST_TEST_CONTEXT(command) {
            const auto at = ('\n' + ran.out).find('\n' + name + ' ');
            BOOST_REQUIRE((at != std::string::npos));
            const auto status = ran.out.substr(at + name.size() + 1, 3);
            const bool is_about_none = command.find("$KEY_ID") != std::string::npos ||
                                       command.find("$ROLE_ID") != std::string::npos ||
                                       command.find("$REVOCATION_ID") != std::string::npos;
            const bool good = status == "200" || status == "201" ||
                              (is_about_none && status == "404") ||
                              (name == "getOwnerCredits" && status == "404") || // it has none yet
                              (name == "addOwnerCredits" && status == "404") ||
                              (name == "removeOwnerCredits" && status == "404") ||
                              (name == "rotateDevice" && status == "409") ||    // it was deleted
                              (name == "oauthToken" && status == "401") ||      // so here
                              (name == "oauthIntrospect" && status == "401") || // nobody asks
                              (name.starts_with("forwardAuthNamed") && status == "403");
            BOOST_TEST(good, status);
        }
}

BOOST_AUTO_TEST_SUITE_END()
