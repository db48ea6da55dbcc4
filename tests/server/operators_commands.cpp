// The commands that change: the requests that they send, what they ask first, and what they print.
#include "one_answer_server.hpp"

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

namespace auth = latchkey::auth;
namespace core = latchkey::core;
namespace crypto = latchkey::crypto;
using latchkey::server::terminal_traits;
using namespace latchkey::test;

namespace {

using words = std::vector<std::string>;

const auto now = core::parse_rfc3339("2027-01-01T00:00:00Z").value();

outcome ask(const one_answer_server& server, words given, const std::string& input = {},
            terminal_traits terminal = {}) {
    given.push_back("--socket");
    given.push_back(server.path());
    return run(given, {}, input, terminal, now);
}

// A token that nobody signed, with these claims.
std::string token_with(std::string_view claims) {
    return crypto::encode_base64url(R"({"alg":"ES256"})") + '.' + crypto::encode_base64url(claims) +
           ".c2ln";
}

constexpr const char* waited =
    R"({"key_id":"k","state":"revoked","acknowledged":["a"],)"
    R"("missing":[{"node":"b","fences_at":"2027-01-01T00:01:00Z"}],"complete":false,)"
    R"("durability":"local","receipt":"r"})";

} // namespace

BOOST_AUTO_TEST_SUITE(operators_commands)

BOOST_AUTO_TEST_CASE(each_asks_its_endpoint) {
    struct {
        words given;
        std::string input;
        const char* target;
        const char* body;
    } const cases[] = {
        {{"org", "show", "o"}, "", "GET /admin/v1/organizations/o ", ""},
        {{"org", "update", "o", "--name", "n"},
         "",
         "PATCH /admin/v1/organizations/o ",
         R"({"name":"n"})"},
        {{"credits", "show", "k"}, "", "GET /admin/v1/api-keys/k/credits ", ""},
        {{"key", "credits", "show", "k"}, "", "GET /admin/v1/api-keys/k/credits ", ""},
        {{"credits", "set", "k", "--remaining", "0", "--refill", "5", "--every", "1d"},
         "",
         "PATCH /admin/v1/api-keys/k/credits ",
         R"({"remaining":0,"refill":{"amount":5,"every":86400}})"},
        {{"credits", "set", "--organization", "o", "--owner", "a b", "--no-refill", "--wait",
          "all"},
         "",
         "PATCH /admin/v1/owner-credits?organization_id=o&external_id=a%20b&wait=all ",
         R"({"refill":null})"},
        {{"credits", "add", "k", "--amount", "5"},
         "",
         "POST /admin/v1/api-keys/k/credits ",
         R"({"amount":5})"},
        {{"credits", "remove", "k"}, "", "DELETE /admin/v1/api-keys/k/credits ", ""},
        {{"key", "create", "--organization=o", "--name=n", "--credits=9", "--refill=5",
          "--every=1d", "--rate-limit=1/1m", "--rate-limit-scope=fleet"},
         "",
         "POST /admin/v1/api-keys ",
         R"({"organization_id":"o","name":"n","rate_limit":{"quantity":1,"window":60,)"
         R"("scope":"fleet"},"credits":{"remaining":9,"refill":{"amount":5,"every":86400}}})"},
        {{"org", "enable", "o"}, "", "PATCH /admin/v1/organizations/o ", R"({"enabled":true})"},
        {{"org", "disable", "o", "--yes", "--wait", "all"},
         "",
         "PATCH /admin/v1/organizations/o?wait=all ",
         R"({"enabled":false})"},
        {{"key", "show", "k"}, "", "GET /admin/v1/api-keys/k ", ""},
        {{"key", "update", "k", "--name", "n", "--external-id", "e", "--scopes", "a,b",
          "--metadata", R"({"n":2.50})", "--allowed-ips", "", "--expires-in", "90d", "--rate-limit",
          "5/1m"},
         "",
         "PATCH /admin/v1/api-keys/k ",
         R"({"name":"n","external_id":"e","scopes":["a","b"],"metadata":{"n":2.50},)"
         R"("allowed_ips":null,"expires_in":7776000,"rate_limit":{"quantity":5,"window":60}})"},
        {{"key", "update", "k", "--no-expiry", "--no-rate-limit", "--wait=all"},
         "",
         "PATCH /admin/v1/api-keys/k?wait=all ",
         R"({"expires_at":null,"rate_limit":null})"},
        {{"key", "update", "k", "--external-id=", "--metadata=", "--scopes="},
         "",
         "PATCH /admin/v1/api-keys/k ",
         R"({"external_id":null,"scopes":[],"metadata":null})"},
        {{"key", "update", "k", "--expires-at", "2027-01-01T00:00:00Z"},
         "",
         "PATCH /admin/v1/api-keys/k ",
         R"({"expires_at":"2027-01-01T00:00:00Z"})"},
        {{"key", "rotate", "k"}, "", "POST /admin/v1/api-keys/k/rotate ", "{}"},
        {{"key", "rotate", "k", "--overlap", "24h"},
         "",
         "POST /admin/v1/api-keys/k/rotate ",
         R"({"overlap":86400})"},
        {{"key", "rotate", "k", "--finish", "--wait=all"},
         "",
         "POST /admin/v1/api-keys/k/rotate?wait=all ",
         R"({"finish":true})"},
        {{"key", "enable", "k"}, "", "PATCH /admin/v1/api-keys/k ", R"({"enabled":true})"},
        {{"key", "disable", "k"}, "", "PATCH /admin/v1/api-keys/k ", R"({"enabled":false})"},
        {{"key", "revoke", "k", "--reason", "r", "--wait=all"},
         "",
         "POST /admin/v1/api-keys/k/revoke?wait=all ",
         R"({"reason":"r"})"},
        {{"role", "create", "--organization", "o", "--name", "n", "--scopes", "a.*,b"},
         "",
         "POST /admin/v1/roles ",
         R"({"organization_id":"o","name":"n","scopes":["a.*","b"]})"},
        {{"role", "show", "r"}, "", "GET /admin/v1/roles/r ", ""},
        {{"role", "update", "r", "--name", "n", "--scopes=", "--wait=all"},
         "",
         "PATCH /admin/v1/roles/r?wait=all ",
         R"({"name":"n","scopes":[]})"},
        {{"role", "delete", "r"}, "", "DELETE /admin/v1/roles/r ", ""},
        {{"role", "grant", "r", "--key", "k"},
         "",
         "POST /admin/v1/roles/r/grant ",
         R"({"key_id":"k"})"},
        {{"role", "ungrant", "r", "--device", "d", "--wait=all"},
         "",
         "POST /admin/v1/roles/r/ungrant?wait=all ",
         R"({"device_id":"d"})"},
        {{"caller", "whoami"}, "", "GET /admin/v1/caller ", ""},
        {{"revocation", "delete", "7"}, "", "DELETE /admin/v1/revocations/7 ", ""},
        {{"revocation", "create", "--subject", "s", "--wait=all"},
         "",
         "POST /admin/v1/revocations?wait=all ",
         R"({"subject":"s"})"},
        {{"revocation", "create", "--organization", "o", "--yes"},
         "",
         "POST /admin/v1/revocations ",
         R"({"organization_id":"o"})"},
        {{"token", "revoke", "--id", "j", "--issuer", "i", "--expires-at", "2027-01-01T00:00:00Z",
          "--reason", "r", "--force"},
         "",
         "POST /admin/v1/revocations ",
         R"({"token_id":"j","issuer":"i","expires_at":"2027-01-01T00:00:00Z","reason":"r",)"
         R"("force":true})"},
        {{"token", "revoke", "-"},
         token_with(R"({"jti":"j","iss":"i","exp":1798761600})") + "\r\n",
         "POST /admin/v1/revocations ",
         R"({"token_id":"j","issuer":"i","expires_at":"2027-01-01T00:00:00Z"})"},
        {{"token", "revoke", "-", "--reason", "r"},
         token_with(R"({"jti":"j","exp":1e300})"),
         "POST /admin/v1/revocations ",
         R"({"token_id":"j","reason":"r"})"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.target << c.body) {
            one_answer_server server(http("200 OK", R"({"key_id":"k"})"));
            const auto told = ask(server, c.given, c.input);
            BOOST_TEST(told.err == "");
            BOOST_TEST(told.code == 0);
            const auto asked = server.asked();
            BOOST_TEST(asked.substr(0, asked.find("HTTP/1.1")) == c.target);
            BOOST_TEST(asked.substr(asked.find("\r\n\r\n") + 4) == c.body);
        }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_without_a_server) {
    const auto key = auth::generate_api_key("live").value();
    struct {
        words given;
        std::string input;
        const char* says;
    } const cases[] = {
        {{"key", "update", "k"}, "", "nothing is to be changed"},
        {{"key", "update", "k", "--scopes", "a,,b"}, "", "--scopes"},
        {{"key", "update", "k", "--expires-in", "1d", "--no-expiry"}, "", "one of"},
        {{"key", "update", "k", "--rate-limit", "1/1s", "--no-rate-limit"}, "", "one of"},
        {{"key", "update", "k", "--rate-burst", "1"}, "", "--rate-burst goes with --rate-limit"},
        {{"key", "update", "a/b", "--name", "n"}, "", "is no KEY_ID"},
        {{"key", "rotate", "k", "--overlap", "1h", "--finish"}, "", "one of"},
        {{"key", "show", std::string(key.reveal())}, "", "name its KEY_ID"},
        {{"key", "show", "-"}, "\n", "standard input has no key"},
        {{"org", "update", "o"}, "", "nothing is to be changed"},
        {{"token", "revoke"}, "", "name one token"},
        {{"token", "revoke", "-", "--id", "j"}, "", "name one token"},
        {{"token", "revoke", token_with("{}")}, "", "every user of this machine"},
        {{"token", "revoke", "-", "--issuer", "i"}, "x", "--issuer goes with --id"},
        {{"token", "revoke", "-"}, "", "has no token"},
        {{"token", "revoke", "-"}, "abc", "has no token"},
        {{"token", "revoke", "-"}, token_with("[]"), "has no token"},
        {{"token", "revoke", "-"}, token_with(R"({"sub":"s"})"), "has no \"jti\""},
        {{"key", "create", "--organization=o", "--name=n", "--idempotency-key=a\nb"},
         "",
         "--idempotency-key"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.says) {
            const auto told = run(c.given, {{"LATCHKEY_ADMIN_SOCKET", "/nowhere"}}, c.input);
            BOOST_TEST(told.code == 64);
            BOOST_TEST(told.out == "");
            BOOST_TEST(told.err.find(c.says) != told.err.npos);
            BOOST_TEST(told.err.find(key.reveal()) == told.err.npos);
        }
}

BOOST_AUTO_TEST_CASE(what_ends_much_is_asked_first) {
    const words asked_first[] = {{"org", "disable", "o"},
                                 {"revocation", "create", "--organization", "o"},
                                 {"signing-key", "rotate", "--now"},
                                 {"key", "revoke", "--unused", "90d"}};
    for (const auto& given : asked_first)
        BOOST_TEST_CONTEXT(given[0] << ' ' << given[1]) {
            const std::vector<std::pair<std::string, std::string>> nowhere = {
                {"LATCHKEY_ADMIN_SOCKET", "/nowhere"}};
            // Nobody can be asked: refused.
            const auto piped = run(given, nowhere, "yes\n");
            BOOST_TEST(piped.code == 64);
            BOOST_TEST(piped.err.find("--yes") != piped.err.npos);
            // Somebody does not mean it.
            for (const auto* said : {"", "\n", "no\n", "yess\n"}) {
                const auto told = run(given, nowhere, said, {.asks = true});
                BOOST_TEST(told.code == 64);
                BOOST_TEST(told.err.find("Type yes: ") != told.err.npos);
                BOOST_TEST(told.err.ends_with("nothing was done\n"));
            }
            // Somebody does, or says so before: the server is asked.
            BOOST_TEST(run(given, nowhere, "yes\n", {.asks = true}).code == 69);
            auto sure = given;
            sure.emplace_back("--yes");
            BOOST_TEST(run(sure, nowhere).code == 69);
        }
    BOOST_TEST(run({"signing-key", "rotate"}, {{"LATCHKEY_ADMIN_SOCKET", "/nowhere"}}).code == 69);
}

BOOST_AUTO_TEST_CASE(nodes_that_were_waited_for_are_listed) {
    const words given = {"key", "revoke", "k", "--wait", "all"};
    {
        one_answer_server server(http("200 OK", waited));
        const auto told = ask(server, given, {}, {.out = true});
        BOOST_TEST(told.code == 69);
        BOOST_TEST(told.out == "key_id      k\n"
                               "state       revoked\n"
                               "durability  local\n"
                               "receipt     r\n"
                               "NODE  STATE         FENCES\n"
                               "a     acknowledged  -\n"
                               "b     missing       in 1 min\n");
        BOOST_TEST(told.err.find("not every node") != told.err.npos);
    }
    {
        one_answer_server server(http("200 OK", waited));
        auto as_json = given;
        as_json.emplace_back("--json");
        const auto told = ask(server, as_json);
        BOOST_TEST(told.code == 69);
        BOOST_TEST(told.out == std::string(waited) + '\n');
    }
    one_answer_server server(http(
        "200 OK", R"({"key_id":"k","acknowledged":[{"node":"a"}],"missing":[],"complete":true})"));
    const auto told = ask(server, given);
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.err == "");
    BOOST_TEST(told.out == "key_id  k\nnode\tstate\tfences_at\na\tacknowledged\t-\n");
}

BOOST_AUTO_TEST_CASE(signing_keys_are_waited_for_as_well) {
    one_answer_server server(
        http("200 OK", R"({"signing_keys":[{"key_id":"s"}],"acknowledged":[],)"
                       R"("missing":[{"node":"b","fences_at":null}],"complete":false})"));
    const auto told = ask(server, {"signing-key", "rotate", "--now", "--yes", "--wait=all"});
    BOOST_TEST(told.code == 69);
    BOOST_TEST(told.out.starts_with("key_id\tstate\t"));
    BOOST_TEST(told.out.ends_with("node\tstate\tfences_at\nb\tmissing\t-\n"));
    BOOST_TEST(server.asked().starts_with("POST /admin/v1/signing-keys/rotate?wait=all "));
}

BOOST_AUTO_TEST_CASE(quiet_prints_ids_and_what_would_be_lost) {
    struct {
        words given;
        const char* answer;
        const char* out;
    } const cases[] = {
        {{"org", "create", "--name", "n", "--quiet"}, R"({"organization_id":"o"})", "o\n"},
        {{"key", "create", "--organization=o", "--name=n", "--quiet"},
         R"({"organization_id":"o","key_id":"k","api_key":"lk"})",
         "k\tlk\n"},
        {{"key", "create", "--organization=o", "--name=n", "--quiet"},
         R"({"organization_id":"o","key_id":"k","api_key":null})",
         "k\n"},
        {{"device", "rotate", "d", "--quiet"},
         R"({"device_id":"d","device_secret":"lkd"})",
         "d\tlkd\n"},
        {{"key", "revoke", "k", "--quiet"}, waited, "k\n"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.out) {
            one_answer_server server(http("200 OK", c.answer));
            BOOST_TEST(ask(server, c.given).out == c.out);
        }
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_not_there_is_not_told_of) {
    one_answer_server server(http("200 OK", R"({"key_id":"k","previous":null})"));
    BOOST_TEST(ask(server, {"key", "rotate", "k", "--finish"}).err == "");
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_is_sent) {
    one_answer_server server(http("201 Created", R"({"key_id":"k","api_key":"lk"})"));
    const auto told = ask(server, {"key", "create", "--organization", "o", "--name", "n",
                                   "--idempotency-key", "order-66"});
    BOOST_TEST(told.err == "The api_key is shown once: store it safely now.\n");
    BOOST_TEST(server.asked().find("\r\nIdempotency-Key: order-66\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_whole_key_is_asked_for_by_its_hash) {
    const auto key = auth::generate_api_key("live").value();
    const auto input = std::string(key.reveal()) + '\n';
    const auto found = R"({"key_id":"k","metadata":{"n":2.50}})";
    for (const bool as_json : {false, true}) {
        one_answer_server server(
            http("200 OK", R"({"api_keys":[)" + std::string(found) + R"(],"next_cursor":null})"));
        words given = {"key", "show", "-"};
        if (as_json) given.emplace_back("--json");
        const auto told = ask(server, given, input);
        BOOST_TEST(told.code == 0);
        BOOST_TEST(told.out ==
                   (as_json ? std::string(found) + '\n' : "key_id      k\nmetadata.n  2.5\n"));
        const auto asked = server.asked();
        BOOST_TEST(asked.starts_with("GET /admin/v1/api-keys?key_hash=" +
                                     crypto::to_hex(crypto::sha256(key.reveal())) + " "));
        BOOST_TEST(asked.find(key.reveal()) == asked.npos);
    }
    one_answer_server server(http("200 OK", R"({"api_keys":[],"next_cursor":null})"));
    const auto told = ask(server, {"key", "show", "-"}, input);
    BOOST_TEST(told.code == 64);
    BOOST_TEST(told.err.find("there is no such key") != told.err.npos);
    BOOST_TEST(told.err.find(key.reveal()) == told.err.npos);
}

BOOST_AUTO_TEST_CASE(many_keys_are_revoked_one_by_one) {
    const auto page = http("200 OK", R"({"api_keys":[{"key_id":"a","state":"active"},)"
                                     R"({"key_id":"b","state":"revoked"},)"
                                     R"({"key_id":"c","state":"expired"}],"next_cursor":null})");
    const words given = {"key", "revoke", "--unused", "90d", "--organization", "o"};
    {
        one_answer_server server(page);
        auto dry = given;
        dry.insert(dry.end(), {"--dry-run", "--quiet"});
        const auto told = ask(server, dry);
        BOOST_TEST(told.code == 0);
        BOOST_TEST(told.out == "a\nc\n"); // what is revoked would be passed over
        BOOST_TEST(server.all_asked().size() == 1u);
    }
    {
        one_answer_server server(page);
        auto dry = given;
        dry.insert(dry.end(), {"--dry-run", "--json"});
        BOOST_TEST(ask(server, dry).out ==
                   R"({"api_keys":[{"key_id":"a","state":"active"},)"
                   R"({"key_id":"c","state":"expired"}],"next_cursor":null})"
                   "\n");
    }
    one_answer_server server(std::vector<std::string>{
        page, http("200 OK", waited),
        http("200 OK", R"({"key_id":"c","acknowledged":["b"],"complete":false,"missing":[)"
                       R"({"node":"d","fences_at":"2027-01-01T00:02:00Z"},)"
                       R"({"node":"e","fences_at":null}]})")});
    auto sure = given;
    sure.insert(sure.end(), {"--yes", "--reason", "stale", "--wait", "all"});
    const auto told = ask(server, sure);
    BOOST_TEST(told.code == 69);
    BOOST_TEST(told.out == "a\nc\n");
    BOOST_TEST(told.err == "2 keys are revoked\n"
                           "latchkey: not every node has said so in time\n"
                           "missing: b, which may answer from its cache until "
                           "2027-01-01T00:01:00Z\n"
                           "missing: d, which may answer from its cache until "
                           "2027-01-01T00:02:00Z\n"
                           "missing: e, which may answer from its cache until it hears of it\n");
    const auto asked = server.all_asked();
    BOOST_TEST(asked[0].starts_with("GET /admin/v1/api-keys?organization_id=o&unused_for=7776000&"
                                    "limit=200 "));
    BOOST_TEST(asked[1].starts_with("POST /admin/v1/api-keys/a/revoke?wait=all "));
    BOOST_TEST(asked[2].ends_with(R"({"reason":"stale"})"));
}

BOOST_AUTO_TEST_CASE(what_an_organization_would_lose_is_counted) {
    const auto keys = [](std::string_view rows, std::string_view next) {
        return http("200 OK", R"({"api_keys":[)" + std::string(rows) + R"(],"next_cursor":)" +
                                  std::string(next) + '}');
    };
    const std::vector<std::string> answers = {
        http("200 OK", R"({"organization_id":"o"})"),
        keys(R"({"key_id":"a"},{"key_id":"b"})", "\"Yg\""), keys(R"({"key_id":"c"})", "null"),
        http("200 OK", R"({"devices":[{"device_id":"d"}],"next_cursor":null})")};
    for (const words& given : {words{"org", "disable", "o", "--dry-run"},
                               words{"revocation", "create", "--organization", "o", "--dry-run"}}) {
        one_answer_server server(answers);
        const auto told = ask(server, given);
        BOOST_TEST(told.code == 0);
        BOOST_TEST(told.out == "active keys     3\nactive devices  1\n");
        const auto asked = server.all_asked();
        const std::string query = "?organization_id=o&state=active&limit=1000";
        BOOST_TEST(asked[0].starts_with("GET /admin/v1/organizations/o "));
        BOOST_TEST(asked[1].starts_with("GET /admin/v1/api-keys" + query + ' '));
        BOOST_TEST(asked[2].starts_with("GET /admin/v1/api-keys" + query + "&cursor=Yg "));
        BOOST_TEST(asked[3].starts_with("GET /admin/v1/devices" + query + ' '));
    }
    one_answer_server server(
        http("404 Not Found", R"({"detail":"there is no such organization"})"));
    BOOST_TEST(ask(server, {"org", "disable", "o", "--dry-run"}).code == 64);
}

BOOST_AUTO_TEST_CASE(one_object_has_relative_times_and_colours_on_a_terminal) {
    one_answer_server server(http("200 OK", R"({"key_id":"k","state":"active","previous":{"until":)"
                                            R"("2027-01-02T00:00:00Z","last_used_at":null}})"));
    const auto told = ask(server, {"key", "show", "k"}, {}, {.out = true, .colour = true});
    BOOST_TEST(told.out == "\x1b[2mkey_id                 \x1b[0mk\n"
                           "\x1b[2mstate                  \x1b[0m\x1b[32mactive\x1b[0m\n"
                           "\x1b[2mprevious.until         \x1b[0m2027-01-02T00:00:00Z (in 24 h)\n"
                           "\x1b[2mprevious.last_used_at  \x1b[0m-\n");
}

BOOST_AUTO_TEST_SUITE_END()
