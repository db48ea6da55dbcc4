// An issuer that publishes its keys over HTTPS, well and badly.
#include "../crypto/support.hpp"
#include "../support/https_issuer.hpp"
#include "cached_keys.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <optional>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using crypto::jws_algorithm;
using manner = issuer_behaviour::manner;

namespace {

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string claims(std::int64_t issued_ago) {
    return R"({"iss":"https://issuer.example","aud":"api","sub":"s","iat":)" +
           std::to_string(now() - issued_ago) + R"(,"exp":)" + std::to_string(now() + 600) + "}";
}

std::string rsa_token(const std::string& key_id, std::int64_t issued_ago = 0) {
    return signed_token(R"({"alg":"RS256","kid":")" + key_id + R"("})", claims(issued_ago),
                        parsed(rsa_private_key()), jws_algorithm::rs256);
}
std::string unsigned_token(const std::string& key_id, const std::string& payload) {
    return crypto::encode_base64url(R"({"alg":"RS256","kid":")" + key_id + R"("})") + '.' +
           crypto::encode_base64url(payload) + ".AAAA";
}
std::string ec_token(const std::string& key_id) {
    return signed_token(R"({"alg":"ES512","kid":")" + key_id + R"("})", claims(0),
                        parsed(ec_private_key()), jws_algorithm::es512);
}

boost::json::object named(boost::json::object key, const char* id) {
    key["kid"] = id;
    return key;
}
std::string set_of(boost::json::array keys) {
    return boost::json::serialize(boost::json::object{{"keys", std::move(keys)}});
}
std::string old_set() {
    return set_of({named(rsa_public_key(), "r1")});
}
std::string new_set() {
    return set_of({named(rsa_public_key(), "r1"), named(ec_public_key(), "e1")});
}

constexpr std::chrono::milliseconds cooldown{300};
constexpr auto short_times = "jwks_timeout = \"300ms\"\njwks_cooldown = \"300ms\"\n"
                             "jwks_refresh = \"1h\"\n";

// One server without a database, whose issuer publishes its keys.
struct one_server {
    one_server() { issuer.publish(old_set()); }

    server_process& start(const std::string& times = short_times) {
        made.emplace("postgresql:///none?host=/nonexistent", "",
                     "[[issuers]]\nissuer = \"https://issuer.example\"\naudiences = \"api\"\n"
                     "algorithms = \"RS256, ES512\"\nrevocable = false\nleeway = \"0s\"\n"
                     "allow_private_addresses = " +
                         std::string(private_allowed ? "true" : "false") + "\njwks_url = \"" +
                         issuer.url() + "\"\nca_file = \"" + issuer.ca_file() + "\"\n" + times);
        BOOST_REQUIRE(made->wait_for("/livez", 200));
        return *made;
    }
    server_process& start_with_keys(const std::string& times = short_times) {
        auto& server = start(times);
        BOOST_REQUIRE(becomes(rsa_token("r1"), "VALID"));
        return server;
    }
    std::string code(const std::string& token) {
        return code_of(
            made->ask(post("/api/v1/auth/verify-token", R"({"token":")" + token + "\"}")));
    }
    bool becomes(const std::string& token, const std::string& expected,
                 std::chrono::nanoseconds within = std::chrono::seconds(5)) {
        return soon([&] { return code(token) == expected; }, within);
    }
    // Waits until another fetch may begin.
    void let_cool_down() {
        const auto before = issuer.connections();
        BOOST_REQUIRE(soon([&] {
            code(rsa_token("none"));
            return issuer.connections() > before;
        }));
    }
    double fetches(const char* outcome) {
        return metric(*made, "auth_jwks_fetches_total{outcome=\"" + std::string(outcome) + "\"}");
    }

    https_issuer issuer;
    bool private_allowed = true;
    std::optional<server_process> made;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(remote_issuer, one_server)

BOOST_AUTO_TEST_CASE(keys_are_fetched_at_the_start) {
    auto& server = start_with_keys();
    BOOST_TEST(issuer.requests() == 1);
    BOOST_TEST(issuer.last_request().starts_with("GET /jwks.json HTTP/1.1\r\n"));
    BOOST_TEST(server.ask(get("/health")).body.find(R"("issuers":{"status":"ok"})") !=
               std::string::npos);
}

// The issuer makes a new key: the first request that names it waits for the fetch, and none fails.
BOOST_AUTO_TEST_CASE(an_issuer_rotates_and_no_request_fails) {
    start_with_keys();
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::thread load([&] {
        auto client = made->connect();
        while (!stop)
            if (code_of(client.ask(post("/api/v1/auth/verify-token",
                                        R"({"token":")" + rsa_token("r1") + "\"}"))) != "VALID")
                ++wrong;
    });
    issuer.publish(new_set());
    let_cool_down();
    BOOST_TEST(soon([&] { return code(ec_token("e1")) == "VALID"; }));
    issuer.publish(set_of({named(ec_public_key(), "e2")}));
    // The cooldown began before e1's set was there. After it, one request is enough.
    std::this_thread::sleep_for(cooldown);
    BOOST_TEST(code(ec_token("e2")) == "VALID");
    stop = true;
    load.join();
    BOOST_TEST(wrong <= 1); // the request that was under way when r1 was removed
    // A key that is gone from the set verifies nothing any more.
    BOOST_TEST(becomes(rsa_token("r1", 5), "UNKNOWN_KEY_ID"));
}

// A token that its claims alone decide causes no fetch. After a fetch, a key that is not in the set
// is unknown until the next fetch is allowed.
BOOST_AUTO_TEST_CASE(an_unknown_key_is_told_by_the_last_set) {
    start_with_keys("jwks_cooldown = \"30s\"\n");
    BOOST_TEST(code(rsa_token("none", 60)) == "UNKNOWN_KEY_ID");
    BOOST_TEST(code(rsa_token("none")) == "UNKNOWN_KEY_ID");
    BOOST_TEST(code(rsa_token("none", -60)) == "NOT_YET_VALID");
    BOOST_TEST(code(rsa_token("none", 90'000)) == "EXPIRED");
    BOOST_TEST(code(unsigned_token("none", R"({"iss":"https://issuer.example"})")) ==
               "INVALID_FORMAT");
    BOOST_TEST(issuer.requests() == 1);
}

// The fetches of an issuer begin to fail: 503 says when the next one comes.
BOOST_AUTO_TEST_CASE(after_a_failed_fetch_there_is_a_time_to_come_back) {
    start_with_keys("jwks_timeout = \"300ms\"\njwks_cooldown = \"3s\"\n");
    issuer.behave({.status = 500});
    BOOST_TEST(becomes(rsa_token("none"), "503"));
    const auto undecided =
        made->ask(post("/api/v1/auth/verify-token", R"({"token":")" + rsa_token("none") + "\"}"));
    BOOST_TEST(undecided.status == 503);
    const auto wait = undecided.field("Retry-After");
    BOOST_TEST((wait == "3" || wait == "2" || wait == "1"), wait);
    BOOST_TEST(code(rsa_token("none", 60)) == "UNKNOWN_KEY_ID");
    issuer.publish(new_set());
    BOOST_TEST(becomes(ec_token("e1"), "VALID"));
}

BOOST_AUTO_TEST_CASE(a_flood_of_unknown_keys_causes_one_fetch) {
    start_with_keys("jwks_cooldown = \"30s\"\n");
    auto client = made->connect();
    for (int i = 0; i < 20'000; ++i) {
        // These tokens are not signed, but the key is looked for first.
        const auto token = unsigned_token("k" + std::to_string(i), claims(0));
        const auto code =
            code_of(client.ask(post("/api/v1/auth/verify-token", R"({"token":")" + token + "\"}")));
        BOOST_REQUIRE(code == "UNKNOWN_KEY_ID");
    }
    BOOST_TEST(issuer.requests() == 1);
    BOOST_TEST(code(rsa_token("r1")) == "VALID");
}

// All requests that need the same set wait for one fetch.
BOOST_AUTO_TEST_CASE(waiting_requests_share_a_fetch) {
    start_with_keys();
    // The cooldown began before r1's set was there.
    std::this_thread::sleep_for(cooldown);
    issuer.publish(new_set());
    const auto before = issuer.requests();
    std::vector<client> clients;
    for (int i = 0; i < 50; ++i)
        clients.push_back(made->connect());
    const auto asked = post("/api/v1/auth/verify-token", R"({"token":")" + ec_token("e1") + "\"}");
    for (auto& one : clients)
        one.send(asked);
    for (auto& one : clients)
        BOOST_TEST(code_of(one.receive()) == "VALID");
    BOOST_TEST(issuer.requests() == before + 1);
}

// A batch waits for the fetch as a single question does.
BOOST_AUTO_TEST_CASE(a_batch_that_names_a_new_key_has_it_fetched) {
    start_with_keys();
    std::this_thread::sleep_for(cooldown);
    issuer.publish(new_set());
    const auto before = issuer.requests();
    const auto item = [](const std::string& token) {
        return R"({"type":"token","token":")" + token + "\"}";
    };
    const auto ask = [&](const std::string& one) {
        return made
            ->ask(post("/api/v1/auth/verify-batch", R"({"items":[)" + item(one) + ',' +
                                                        item(rsa_token("r1")) + ',' + item(one) +
                                                        "]}"))
            .json();
    };
    BOOST_TEST(ask(ec_token("e1")).at("valid_count").as_int64() == 3);
    BOOST_TEST(issuer.requests() == before + 1);
    const auto made_up = ask(rsa_token("none"));
    BOOST_TEST(made_up.at("undecided_count").as_int64() == 0);
    BOOST_TEST(made_up.at("results").at(2).at("code").as_string() == "UNKNOWN_KEY_ID");
}

// An issuer misbehaves in many ways: known keys go on to verify, and an unknown one is undecided in
// bounded time.
BOOST_AUTO_TEST_CASE(an_issuer_misbehaves) {
    start_with_keys();
    const std::string big(1 << 20, ' ');
    struct {
        const char* name;
        issuer_behaviour what;
        const char* says;
    } const cases[] = {
        {"fails", {.status = 500, .body = "sorry"}, "500"},
        {"redirects", {.status = 302, .fields = "Location: https://elsewhere.example/\r\n"}, "302"},
        {"stalls", {.how = manner::stall}, ""},
        {"stalls after the handshake", {.how = manner::stall_in_tls}, ""},
        {"answers garbage", {.how = manner::garbage}, ""},
        {"answers no TLS", {.how = manner::plain_garbage}, ""},
        {"closes in the body", {.how = manner::close_in_body}, ""},
        {"answers a megabyte", {.body = big}, ""},
        {"answers no set", {.body = "{}"}, "no list"},
        {"answers null for its keys", {.body = R"({"keys":null})"}, "no list"},
        {"answers no usable key",
         {.body = R"({"keys":[{"kty":"XYZ"}]})"},
         "no key that can be used"},
        {"publishes a private key", {.body = set_of({rsa_private_key()})}, "private"},
        {"is another host", {.wrong_host = true}, ""},
        {"is of a stranger", {.foreign = true}, ""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto failed = fetches("failed");
            issuer.behave(c.what);
            BOOST_TEST(soon([&] {
                code(rsa_token("none"));
                return fetches("failed") > failed;
            }));
            BOOST_TEST(code(rsa_token("none")) == "503");
            BOOST_TEST(code(rsa_token("r1")) == "VALID");
            // The first failed fetch may have begun before the change.
            BOOST_TEST(soon([&] {
                code(rsa_token("none"));
                return made->log().find(c.says) != std::string::npos;
            }));
        }
    issuer.publish(new_set());
    BOOST_TEST(becomes(ec_token("e1"), "VALID"));
    BOOST_TEST(made->says("are fetched again"));
}

BOOST_AUTO_TEST_CASE(an_older_answer_replaces_nothing) {
    issuer.publish(new_set(), "Last-Modified: Tue, 05 Jan 2027 10:00:00 GMT\r\n"
                              "Date: Tue, 05 Jan 2027 10:00:00 GMT\r\n");
    start_with_keys();
    BOOST_TEST(code(ec_token("e1")) == "VALID");
    // Another machine of the issuer has an older set.
    issuer.publish(old_set(), "Last-Modified: Mon, 04 Jan 2021 10:00:00 GMT\r\n");
    BOOST_TEST(soon([&] {
        code(rsa_token("none"));
        return fetches("older") >= 1;
    }));
    BOOST_TEST(code(ec_token("e1")) == "VALID");
}

BOOST_AUTO_TEST_CASE(an_issuer_that_is_away_at_the_start_is_found_later) {
    issuer.behave({.how = manner::close_at_once});
    auto& server = start();
    BOOST_TEST(code(rsa_token("r1")) == "503");
    BOOST_TEST(soon([&] {
        return server.ask(get("/health")).body.find(R"("issuers":{"status":"failing")") !=
               std::string::npos;
    }));
    issuer.publish(old_set());
    BOOST_TEST(becomes(rsa_token("r1"), "VALID"));
}

// An empty set is an answer: the old keys are gone, their tokens are UNKNOWN_KEY_ID, and this
// server is healthy.
BOOST_AUTO_TEST_CASE(a_set_without_keys_is_an_answer) {
    auto& server = start_with_keys();
    const auto findings = [&] {
        return server.command({"status", "--json"}).out.find("publishes a set without keys") !=
               std::string::npos;
    };
    BOOST_TEST(!findings());
    issuer.publish(R"({"keys":[]})");
    BOOST_TEST(soon([&] {
        code(rsa_token("none"));
        return code(rsa_token("r1")) == "UNKNOWN_KEY_ID";
    }));
    for (int i = 0; i < 50; ++i)
        BOOST_TEST(code(ec_token("e" + std::to_string(i))) == "UNKNOWN_KEY_ID");
    BOOST_TEST(findings());
    BOOST_TEST(server.says("an issuer has no keys"));
    BOOST_TEST(server.ask(get("/health")).body.find(R"("issuers":{"status":"ok"})") !=
               std::string::npos);
    issuer.publish(old_set());
    BOOST_TEST(becomes(rsa_token("r1"), "VALID"));
    BOOST_TEST(!findings());
}

BOOST_AUTO_TEST_CASE(an_issuer_that_never_had_keys) {
    issuer.publish(R"({"keys":[]})");
    auto& server = start();
    BOOST_TEST(becomes(rsa_token("r1"), "UNKNOWN_KEY_ID"));
    BOOST_TEST(server.ask(get("/health")).body.find(R"("issuers":{"status":"ok"})") !=
               std::string::npos);
    BOOST_TEST(fetches("failed") == 0);
}

// The last good set may be used for a bounded time only.
BOOST_AUTO_TEST_CASE(a_set_that_cannot_be_renewed_ends) {
    start_with_keys("jwks_timeout = \"100ms\"\njwks_cooldown = \"100ms\"\njwks_refresh = \"1s\"\n"
                    "jwks_keep = \"2s\"\n");
    issuer.behave({.status = 500});
    BOOST_TEST(becomes(rsa_token("r1"), "503"));
    BOOST_TEST(made->says("too old to be used"));
    issuer.publish(old_set());
    BOOST_TEST(becomes(rsa_token("r1"), "VALID"));
}

// It fetches anew, and until that has succeeded, what was fetched counts.
BOOST_AUTO_TEST_CASE(a_reload_keeps_what_was_fetched) {
    auto& server = start_with_keys();
    issuer.behave({.status = 500});
    server.signal(SIGHUP);
    BOOST_TEST(server.says("was read again"));
    BOOST_TEST(soon([&] { return issuer.requests() == 2; }));
    BOOST_TEST(code(rsa_token("r1")) == "VALID");
}

BOOST_AUTO_TEST_CASE(a_private_address_has_to_be_allowed) {
    private_allowed = false;
    auto& server = start();
    BOOST_TEST(server.says("issuers.allow_private_addresses"));
    BOOST_TEST(code(rsa_token("r1")) == "503");
    BOOST_TEST(issuer.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
