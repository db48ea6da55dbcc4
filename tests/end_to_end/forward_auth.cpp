// Forward authentication over sockets: any method and body, policies, callers, limits, the log, and
// a database that is away. Every exchange is held against the description of the API as well.
#include "../crypto/support.hpp"
#include "../support/certificates.hpp"
#include "token_parts.hpp"
#include "two_organizations.hpp"

#include <latchkey/crypto/base64url.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>

using namespace latchkey::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const std::string good = "200 VALID";
const std::string named_policy = "[[forward_auth]]\nname = \"read\"\nscopes = \"devices:read\"\n"
                                 "organization = \"acme\"\n";

std::string bearer(const std::string& credential) {
    return "Authorization: Bearer " + credential + "\r\n";
}
std::string request(const std::string& method, const std::string& target, const std::string& fields,
                    const std::string& body = {}) {
    return method + ' ' + target + " HTTP/1.1\r\nHost: gateway\r\n" + fields + "\r\n" + body;
}
// "401 NOT_FOUND". Fails the test if the answer is not one that a gateway can pass on.
std::string told(const answer& a) {
    BOOST_TEST(a.body == "");
    BOOST_TEST(a.field("Content-Type") == "");
    BOOST_TEST(a.field("Cache-Control") == "no-store");
    BOOST_TEST(a.field("Connection") == "");
    if (a.status == 401) BOOST_TEST(a.has("\r\nWWW-Authenticate: "));
    if (a.status == 429 || a.status == 503) BOOST_TEST(!a.field("Retry-After").empty());
    return std::to_string(a.status) + ' ' + a.field("X-Latchkey-Code");
}

std::string base64_of(std::string_view text) {
    auto out = latchkey::crypto::encode_base64url(text);
    for (char& c : out)
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

// For what ends the connection.
bool is_bare(const answer& a, int status) {
    return a.status == status && a.body.empty() && a.field("X-Latchkey-Code") != "" &&
           a.field("Cache-Control") == "no-store";
}

const std::string elsewhere = "https://elsewhere.example";

std::int64_t seconds_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}
// Of another issuer, as fields of a request.
std::string foreign_token(const std::string& claims, std::int64_t life = 600) {
    return bearer(signed_token(R"({"alg":"RS256","kid":"r1"})",
                               R"({"iss":")" + elsewhere + R"(","iat":)" +
                                   std::to_string(seconds_now()) + R"(,"exp":)" +
                                   std::to_string(seconds_now() + life) + claims + "}",
                               parsed(rsa_private_key()), latchkey::crypto::jws_algorithm::rs256));
}

struct gateway {
    temporary_folder folder;
    migrated_database database;
    server_process server;
    std::string key, other;

    explicit gateway(const std::string& settings = {}, const std::string& toml = {})
        : server(database.uri(), "workers = 1\n" + settings, tokens() + named_policy + toml) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        for (const auto* id : {"acme", "umbra"})
            server.create_organization(id);
        key = server.create_key("acme", {"--scopes", "devices:read"});
        other = server.create_key("umbra", {"--scopes", "devices:read"});
    }
    std::string ask(const std::string& target, const std::string& fields) const {
        return told(server.ask(get(target, fields)));
    }
    // News of what was just made or changed may be on its way.
    bool becomes(const std::string& target, const std::string& fields,
                 const std::string& what) const {
        return soon([&] { return ask(target, fields) == what; });
    }

    // The news of a key that was just made may arrive during its first look-up, which is then not
    // kept.
    bool is_cached(const std::string& credential) const {
        return soon([&] {
            return server.ask(get("/forward-auth", bearer(credential))).field("X-Auth-Cache") ==
                   "hit";
        });
    }

  private:
    std::string tokens() const {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
        auto published = rsa_public_key();
        published["kid"] = "r1";
        std::ofstream(folder.file("jwks.json"))
            << boost::json::serialize(boost::json::object{{"keys", boost::json::array{published}}});
        return "[tokens]\nkey_encryption_key_file = \"" + folder.file("kek") +
               "\"\n[[issuers]]\nissuer = \"" + elsewhere + "\"\njwks_file = \"" +
               folder.file("jwks.json") + "\"\nany_audience = true\norganization_claim = \"org\"\n";
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(forward_auth)

BOOST_AUTO_TEST_CASE(the_policy_is_the_gateways) {
    const gateway g;
    BOOST_TEST(g.becomes("/forward-auth/@read", bearer(g.key), good));
    BOOST_TEST(g.becomes("/forward-auth", bearer(g.other), good));
    const std::string not_theirs = "403 ORGANIZATION_NOT_ALLOWED";
    const std::string unknown = "403 POLICY_UNKNOWN", malformed = "403 POLICY_MALFORMED";
    struct {
        std::string target;
        std::string of_key, of_other;
    } const table[] = {
        {"/forward-auth?scope=devices:read", good, good},
        {"/forward-auth?scope=devices:read&organization=acme", good, not_theirs},
        {"/forward-auth?organization=umbra&organization=acme", good, good},
        {"/forward-auth?scope=devices:write", "403 INSUFFICIENT_SCOPES", "403 INSUFFICIENT_SCOPES"},
        {"/forward-auth?scope=devices:read+devices:write", "403 INSUFFICIENT_SCOPES",
         "403 INSUFFICIENT_SCOPES"},
        {"/forward-auth?scope=a&scope=devices:read", malformed, malformed},
        {"/forward-auth?scopes=devices:read", malformed, malformed},
        {"/forward-auth?organization=", malformed, malformed},
        {"/forward-auth/", unknown, unknown},
        {"/forward-auth/read", unknown, unknown},
        {"/forward-auth/@other", unknown, unknown},
        {"/forward-auth/@READ", unknown, unknown},
        {"/forward-auth/@read%2f", unknown, unknown},
        {"/forward-auth/%40read", unknown, unknown},
        // What Envoy appends is the client's.
        {"/forward-auth/@read/?scope=&organization=umbra", good, not_theirs},
        {"/forward-auth/@read?organization=umbra&cost=0", good, not_theirs},
        {"/forward-auth/@read/../../metrics", good, not_theirs},
        {"/forward-auth/@read/..%2f..%2fforward-auth", good, not_theirs},
        {"/forward-auth/@read/%2e%2e/@other", good, not_theirs},
        {"/forward-auth/@read//forward-auth?scope=x", good, not_theirs},
        {"/forward-auth/@read/@other/x", good, not_theirs},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.target) {
            BOOST_TEST(g.ask(row.target, bearer(g.key)) == row.of_key);
            BOOST_TEST(g.ask(row.target, bearer(g.other)) == row.of_other);
        }
    // These are no paths of gateways.
    for (const auto* target : {"/forward-authx", "/Forward-auth", "/x/../forward-auth"})
        BOOST_TEST(g.server.ask(get(target, bearer(g.key))).status == 404, target);
}

BOOST_AUTO_TEST_CASE(any_method_and_any_body_are_answered_on_one_connection) {
    const gateway g;
    BOOST_REQUIRE(g.becomes("/forward-auth", bearer(g.key), good));
    auto connection = g.server.connect();
    const auto chunked = "Transfer-Encoding: chunked\r\n" + bearer(g.key);
    for (const std::string method :
         {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"})
        BOOST_TEST_CONTEXT(method) {
            const auto ask = [&](const std::string& fields, const std::string& body) {
                connection.send(request(method, "/forward-auth/@read/x", fields, body));
                return told(connection.receive());
            };
            BOOST_TEST(ask(bearer(g.key), "") == good);
            BOOST_TEST(ask(bearer(g.key) + "Content-Length: 0\r\n", "") == good);
            BOOST_TEST(ask(bearer(g.key) + "Content-Length: 5\r\nContent-Type: text/x\r\n",
                           "{\"a\":") == good);
            BOOST_TEST(ask(bearer(g.key) + "Content-Encoding: br\r\nContent-Length: 1\r\n", "x") ==
                       good);
            BOOST_TEST(ask(chunked, "3\r\nabc\r\n0\r\n\r\n") == good);
            BOOST_TEST(ask("", "") == "401 CREDENTIAL_MISSING");
            BOOST_TEST(ask("Content-Length: 2\r\n", "{}") == "401 CREDENTIAL_MISSING");
        }
    connection.send(request("HEAD", "/forward-auth", bearer(g.key)));
    BOOST_TEST(told(connection.receive(true)) == good);
    // A browser's preflight has no credential: letting it through is the gateway's part.
    const auto preflight = "Origin: https://a\r\nAccess-Control-Request-Method: POST\r\n"s;
    const auto refused = connection.ask(request("OPTIONS", "/forward-auth", preflight));
    BOOST_TEST(told(refused) == "401 CREDENTIAL_MISSING");
    BOOST_TEST(refused.field("Access-Control-Allow-Origin") == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_request_has_no_body_either) {
    const gateway g("header_timeout = \"1s\"\n");
    const std::string cookies = "Cookie: " + std::string(17'000, 'c') + "\r\n";
    struct {
        const char* what;
        std::string bytes;
        int status;
    } const table[] = {
        {"a long body",
         request("POST", "/forward-auth", bearer(g.key) + "Content-Length: 70000\r\n"), 413},
        {"a large header", request("GET", "/forward-auth/@read/x", cookies + bearer(g.key)), 431},
        {"a large header before its line has ended",
         "GET /forward-auth/@read/" + std::string(30'000, 'a'), 414},
        {"a long target", request("GET", "/forward-auth/@read/" + std::string(9'000, 'a'), ""),
         414},
        {"a version", "GET /forward-auth HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"a byte that no URL has", "GET /forward-auth/@read/\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n",
         400},
        {"a fragment", "GET /forward-auth?scope=a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a malformed field", request("GET", "/forward-auth?scope=a", "A B: c\r\n"), 400},
        {"a header that does not come", "GET /forward-auth?scope=a HTTP/1.1\r\nHost: a\r\n", 408},
        {"a coding", request("POST", "/forward-auth", "Transfer-Encoding: gzip\r\n"), 400},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto told = g.server.ask(row.bytes);
            BOOST_TEST(is_bare(told, row.status), told.head + told.body);
        }
    // Elsewhere there is one.
    BOOST_TEST(g.server.ask(get("/livez", cookies)).body.find("\"status\":431") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_revoked_or_changed_credential_stops_passing) {
    const gateway g;
    BOOST_REQUIRE(g.is_cached(g.key));
    const auto verified = g.server.ask(verify(R"({"api_key":")" + g.key + "\"}")).json();
    const std::string id(verified.at("key_id").as_string());
    const auto answer = g.server.ask(get("/forward-auth/@read", bearer(g.key)));
    BOOST_TEST(answer.field("X-Latchkey-Kind") == "api_key");
    BOOST_TEST(answer.field("X-Latchkey-Subject") == id);
    BOOST_TEST(answer.field("X-Latchkey-Organization") == "acme");
    BOOST_TEST(answer.field("X-Latchkey-Scopes") == "devices:read");
    BOOST_TEST(answer.field("X-Latchkey-Issuer") == "-");
    BOOST_TEST(answer.field("X-Auth-Cache") == "hit");
    const auto done = g.server.command({"key", "revoke", id, "--wait", "all"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    BOOST_TEST(g.ask("/forward-auth/@read", bearer(g.key)) == "401 REVOKED");
    const auto ended = g.server.ask(get("/forward-auth", bearer(g.key)));
    BOOST_TEST(ended.field("WWW-Authenticate") ==
               "Bearer realm=\"latchkey\", error=\"invalid_token\"");
    BOOST_TEST(ended.field("X-Latchkey-Subject") == "");
}

BOOST_AUTO_TEST_CASE(limits_and_addresses_count_for_the_client) {
    const gateway g("trusted_proxies = \"127.0.0.0/8\"\n",
                    "[rate_limit]\n[[rate_limit.policies]]\nname = \"each\"\ncounts = "
                    "\"address\"\nquantity = 3\nwindow = \"1h\"\nendpoints = \"forward-auth\"\n");
    const auto limited = g.server.create_key("acme", {"--rate-limit", "2/1h"});
    const auto listed = g.server.create_key("acme", {"--allowed-ips", "203.0.113.0/24"});
    int clients = 0;
    // Each question comes from another address.
    const auto from_another = [&] {
        return "X-Forwarded-For: 198.51.100." + std::to_string(++clients) + "\r\n";
    };
    BOOST_REQUIRE(soon(
        [&] { return g.ask("/forward-auth?cost=2", from_another() + bearer(limited)) == good; }));
    BOOST_TEST(g.ask("/forward-auth", from_another() + bearer(limited)) == "429 RATE_LIMITED");
    // More than the limit ever allows.
    const auto small = g.server.create_key("acme", {"--rate-limit", "2/1h"});
    BOOST_TEST(soon([&] {
        return g.ask("/forward-auth?cost=3", from_another() + bearer(small)) == "429 RATE_LIMITED";
    }));
    BOOST_TEST(g.ask("/forward-auth?cost=2", from_another() + bearer(small)) == good);
    BOOST_TEST(soon([&] {
        return g.ask("/forward-auth", from_another() + bearer(listed)) == "403 IP_NOT_ALLOWED";
    }));
    const auto inside = "X-Forwarded-For: 203.0.113.7\r\n"s;
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(g.ask("/forward-auth", inside + bearer(listed)) == good);
    const auto over = g.server.ask(get("/forward-auth", inside + bearer(listed)));
    BOOST_TEST(told(over).starts_with("429 "));
    BOOST_TEST(over.field("RateLimit-Policy") != "");
}

BOOST_AUTO_TEST_CASE(what_a_client_says_to_latchkey_is_not_heard) {
    const gateway g;
    BOOST_REQUIRE(g.is_cached(g.key));
    for (const auto* field : {"Cache-Control: no-cache\r\n", "Cache-Control: no-store\r\n",
                              "X-Latchkey-Receipt: nonsense\r\n"})
        BOOST_TEST(
            g.server.ask(get("/forward-auth", bearer(g.key) + field)).field("X-Auth-Cache") ==
                "hit",
            field);
}

BOOST_AUTO_TEST_CASE(the_log_tells_what_was_asked_of_the_gateway) {
    const gateway g({}, "[log]\nlevel = \"debug\"\n");
    BOOST_REQUIRE(g.becomes("/forward-auth", bearer(g.key), good));
    g.ask("/forward-auth?scope=none", bearer(g.key) +
                                          "X-Forwarded-Method: POST\r\nX-Forwarded-Uri: "
                                          "/devices/7?secret=s3cr3t\r\nX-Forwarded-Host: "
                                          "api.example\r\nX-Forwarded-Proto: https\r\n");
    g.ask("/forward-auth?scope=none", bearer(g.key) + "X-Original-Method: PUT\r\nX-Original-URI: "
                                                      "/by-nginx?secret=s3cr3t\r\n");
    BOOST_TEST(g.server.says("\"original_uri\":\"/devices/7\""));
    BOOST_TEST(g.server.says("\"original_method\":\"POST\""));
    BOOST_TEST(g.server.says("\"original_host\":\"api.example\""));
    BOOST_TEST(g.server.says("\"original_scheme\":\"https\""));
    BOOST_TEST(g.server.says("\"original_uri\":\"/by-nginx\""));
    BOOST_TEST(g.server.says("\"original_method\":\"PUT\""));
    BOOST_TEST(g.server.log().find("s3cr3t") == std::string::npos);
    BOOST_TEST(g.server.log().find(g.key) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_the_database_nobody_passes_who_is_not_known) {
    gateway g({}, "[cache]\nttl = \"1h\"\n");
    BOOST_REQUIRE(g.is_cached(g.key));
    g.database.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    BOOST_TEST(g.ask("/forward-auth", bearer(g.key)) == good);
    BOOST_TEST(g.ask("/forward-auth", bearer(g.other)) == "503 UNAVAILABLE");
    g.database.exec("rollback");
    BOOST_TEST(g.becomes("/forward-auth", bearer(g.other), good));
}

BOOST_AUTO_TEST_CASE(a_caller_of_one_organization_opens_nothing_for_another) {
    const two_organizations w("[[forward_auth]]\nname = \"theirs\"\norganization = \"theirs\"\n");
    std::string method = "GET";
    const auto ask = [&](const std::string& caller, const std::string& target,
                         const std::string& credential) {
        const auto shown = credential.starts_with("Basic ")
                               ? "Authorization: " + credential + "\r\n"
                               : bearer(credential);
        return w.server.ask(request(method, target, (caller.empty() ? "" : by(caller)) + shown));
    };
    for (const auto* each : {"GET", "OPTIONS", "PROPFIND"}) {
        method = each;
        const auto nobody = ask("", "/forward-auth", w.our_key);
        BOOST_TEST(told(nobody) == "401 UNAUTHENTICATED", method);
        BOOST_TEST(nobody.field("WWW-Authenticate").starts_with("Latchkey-Key"));
        BOOST_TEST(told(ask(w.gone_key, "/forward-auth", w.our_key)) == "401 UNAUTHENTICATED");
    }
    BOOST_TEST(told(ask(w.our_key, "/forward-auth", w.our_key)).starts_with("403 "));
    BOOST_TEST(soon([&] { return told(ask(w.ours, "/forward-auth", w.our_key)) == good; }));
    const auto without_id = [](answer a) {
        for (const auto* field : {"X-Request-Id: ", "Date: "})
            if (const auto at = a.head.find(field); at != a.head.npos)
                a.head.erase(at, a.head.find("\r\n", at) - at);
        return a.head;
    };
    const auto token = issuing_nodes::issue(w.server, w.their_key);
    const auto device = [](const std::string& id, const std::string& secret) {
        return "Basic " + base64_of(id + ':' + secret);
    };
    for (const auto* each : {"GET", "GET", "OPTIONS"}) { // by a look-up, and from the cache
        method = each;
        const auto theirs = ask(w.ours, "/forward-auth", device(w.their_device_id, w.their_secret));
        BOOST_TEST(told(theirs) == "401 INVALID_CREDENTIALS");
        BOOST_TEST(without_id(theirs) ==
                   without_id(ask(w.ours, "/forward-auth", device("nobody", w.their_secret))));
        for (const auto* target : {"/forward-auth", "/forward-auth/@theirs",
                                   "/forward-auth?scope=none", "/forward-auth?token=1"})
            BOOST_TEST_CONTEXT(target) {
                const auto foreign = ask(w.ours, target, w.their_key);
                BOOST_TEST(told(foreign) == "401 NOT_FOUND");
                BOOST_TEST(without_id(foreign) == without_id(ask(w.ours, target, w.gone_key)));
                BOOST_TEST(told(ask(w.ours, target, token)) == "401 NOT_FOUND");
            }
    }
    BOOST_TEST(told(ask(w.theirs, "/forward-auth", device(w.their_device_id, w.their_secret))) ==
               good);
    BOOST_TEST(told(ask(w.theirs, "/forward-auth/@theirs", w.their_key)) == good);
    BOOST_TEST(told(ask(w.theirs, "/forward-auth/@theirs", token)) == good);
}

BOOST_AUTO_TEST_CASE(an_upstreams_token_is_kept_and_verified) {
    const gateway g;
    BOOST_REQUIRE(g.becomes("/forward-auth", bearer(g.key), good));
    issuing_nodes::issue(g.server, g.key); // until there is a signing key
    const auto first = g.server.ask(get("/forward-auth?token=1", bearer(g.key)));
    const auto token = first.field("X-Latchkey-Token");
    BOOST_TEST(told(first) == good);
    BOOST_TEST(
        g.server.ask(get("/forward-auth?token=1", bearer(g.key))).field("X-Latchkey-Token") ==
        token);
    const auto verified =
        g.server.ask(post("/api/v1/auth/verify-token", R"({"token":")" + token + "\"}")).json();
    BOOST_TEST(verified.at("valid").as_bool());
    BOOST_TEST(verified.at("organization_id").as_string() == "acme");
    BOOST_TEST(verified.at("subject").as_string() ==
               std::string_view(first.field("X-Latchkey-Subject")));
    // It is a credential as well, of the kind that it is.
    const auto again = g.server.ask(get("/forward-auth/@read", bearer(token)));
    BOOST_TEST(told(again) == good);
    BOOST_TEST(again.field("X-Latchkey-Kind") == "token");
    BOOST_TEST(again.field("X-Latchkey-Issuer") == "latchkey");
    BOOST_TEST(again.field("X-Latchkey-Subject") == first.field("X-Latchkey-Subject"));
    BOOST_TEST(again.field("X-Latchkey-Organization") == "acme");
}

// A token of another issuer may claim whatever it likes about our credentials.
BOOST_AUTO_TEST_CASE(what_another_issuer_says_of_our_credentials_is_not_handed_on) {
    const gateway g;
    BOOST_REQUIRE(g.becomes("/forward-auth", bearer(g.key), good));
    issuing_nodes::issue(g.server, g.key);
    const auto ask = [&](const std::string& fields) {
        return g.server.ask(get("/forward-auth?token=1", fields));
    };
    const auto of_key = ask(bearer(g.key));
    const auto id = of_key.field("X-Latchkey-Subject");
    const auto forged = ask(foreign_token(R"(,"sub":")" + id +
                                          R"(","credential_kind":"api_key","gen":0,"org":"acme",)"
                                          R"("scope":"devices:read")"));
    BOOST_TEST(told(forged) == good);
    BOOST_TEST(forged.field("X-Latchkey-Kind") == "token");
    BOOST_TEST(forged.field("X-Latchkey-Issuer") == elsewhere);
    const auto claims = claims_of(forged.field("X-Latchkey-Token"));
    BOOST_TEST(claims.at("credential_kind").as_string() == "token");
    BOOST_TEST(claims.at("subject_issuer").as_string() == std::string_view(elsewhere));
    BOOST_TEST(claims.at("gen").to_number<int>() == 0);
    BOOST_TEST(!claims_of(of_key.field("X-Latchkey-Token")).contains("subject_issuer"));
}

BOOST_AUTO_TEST_CASE(an_upstreams_token_ends_with_what_was_presented) {
    const gateway g;
    BOOST_REQUIRE(g.becomes("/forward-auth", bearer(g.key), good));
    issuing_nodes::issue(g.server, g.key);
    const auto end_of_token = [&](std::int64_t life) {
        const auto presented =
            foreign_token(R"(,"sub":"alice","org":"acme","scope":"devices:read")", life);
        const auto answer = g.server.ask(get("/forward-auth?token=1", presented));
        BOOST_TEST(told(answer) == good);
        return claims_of(answer.field("X-Latchkey-Token")).at("exp").as_int64();
    };
    const auto begun = seconds_now();
    const auto of_long = end_of_token(3600);
    BOOST_TEST(of_long >= begun + 60);
    const auto of_short = end_of_token(30);
    BOOST_TEST(of_short < of_long);
}

BOOST_AUTO_TEST_CASE(a_bad_policy_keeps_the_server_from_starting) {
    const temporary_folder folder;
    struct {
        const char* toml;
        const char* told;
    } const table[] = {
        {"[[forward_auth]]\nscopes = \"a\"\n", "forward_auth.name"},
        {"[[forward_auth]]\nname = \"a/b\"\n", "forward_auth.name"},
        {"[[forward_auth]]\nname = \"a\"\n[[forward_auth]]\nname = \"a\"\n", "forward_auth.name"},
        {"[[forward_auth]]\nname = \"a\"\ncost = 0\n", "forward_auth.cost"},
        {"[[forward_auth]]\nname = \"a\"\norganization = \",\"\n", "forward_auth.organization"},
        {"[[forward_auth]]\nname = \"a\"\nscopes = \" , \"\n", "forward_auth.scopes"},
        {"[[forward_auth]]\nname = \"a\"\norganisation = \"b\"\n", "organization"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.toml) {
            std::ofstream(folder.file("latchkey.toml")) << row.toml;
            const auto done =
                run({latchkey_binary(), "check-config", "--config", folder.file("latchkey.toml")});
            BOOST_TEST(done.exit_code == 78);
            BOOST_TEST((done.err + done.out).find(row.told) != std::string::npos,
                       done.err + done.out);
        }
}

BOOST_AUTO_TEST_SUITE_END()
