// Devices at the public endpoints, on a store that the test answers for.
#include "../support/quiet.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "../support/one_worker.hpp"
#include "../support/patient_scrypt.hpp"

using namespace latchkey;
using test::awake;
using test::no_status;
using namespace std::chrono_literals;

namespace {

struct answered {
    int status;
    std::string bytes;
    std::string head;
    std::string body;

    bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
    boost::json::object json() const { return boost::json::parse(body).as_object(); }
};

auth::scrypt_configuration one_thread() {
    auto c = test::patient_scrypt();
    c.threads = 1;
    return c;
}

constexpr auto authenticate = "/api/v1/auth/authenticate-device";
constexpr auto generate = "/api/v1/auth/generate-token";

struct device_api : test::one_worker {
    device_api() : passwords(one_thread(), 2), api(state, 0, passwords, {}, tokens, status) {
        store.add(device("dev_1", sha256_of("right")));
    }
    static auth::stored_secret parsed(const std::string& text) {
        return auth::stored_secret::parse(text, auth::legacy_device_secret::unset);
    }
    static auth::stored_secret sha256_of(std::string_view secret) {
        return parsed(auth::sha256_form(secret));
    }
    static auth::device_facts device(std::string id, auth::stored_secret secret) {
        auth::device_facts facts;
        facts.device_id = std::move(id);
        facts.organization_id = "org_1";
        facts.name = "Door";
        facts.scopes = {"open", "close"};
        facts.metadata = R"({"floor": 2})";
        facts.secret = std::move(secret);
        return facts;
    }
    void can_sign() { sign_with(crypto::jws_algorithm::es256, tokens); }
    answered ask(std::string_view path, std::string_view body,
                 std::string_view type = "application/json", std::string_view cache_control = {}) {
        http::request request;
        request.method = http::method::post;
        request.path = path;
        request.body = body;
        request.fields[static_cast<std::size_t>(http::field::content_type)] = type;
        request.fields[static_cast<std::size_t>(http::field::cache_control)] = cache_control;
        awake connection;
        std::string out;
        const http::answer_terms terms;
        http::exchange ex(request, "r", out, terms, false, connection);
        const http::trust rules{{}, {}, true};
        const http::client_origin origin(std::nullopt, rules);
        ex.origin = &origin;
        api.handle(ex);
        waits = 0;
        while (auto* awaited = ex.take_pending()) {
            ++waits;
            settle();
            awaited->finish(ex);
        }
        const auto end = out.find("\r\n\r\n") + 4;
        return {ex.status(), out, out.substr(0, end), out.substr(end)};
    }
    /// Returns when what the request waits for has arrived: a look-up, or the scrypt thread.
    void settle() {
        store.answer();
        while (!owner.box().receive())
            std::this_thread::yield();
    }

    auth::token_configuration tokens;
    no_status status;
    auth::scrypt_pool passwords;
    api::public_api api;
    int waits = 0;
};

std::string claim(std::string_view id, std::string_view secret, std::string_view more = {}) {
    return R"({"device_id":")" + std::string(id) + R"(","device_secret":")" + std::string(secret) +
           '"' + std::string(more) + '}';
}

const std::string refused = R"({"valid":false,"code":"INVALID_CREDENTIALS"})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(devices, device_api)

BOOST_AUTO_TEST_CASE(a_device_is_told_by_its_record) {
    const auto first = ask(authenticate, claim("dev_1", "right"));
    BOOST_TEST(first.status == 200);
    BOOST_TEST(first.body == R"({"valid":true,"code":"VALID","device_id":"dev_1",)"
                             R"("organization_id":"org_1","name":"Door",)"
                             R"("scopes":["close","open"],"metadata":{"floor":2}})");
    BOOST_TEST(first.has("X-Auth-Cache: miss\r\nAge: 0\r\n"));
    BOOST_TEST(!first.has("Cache-Control"));
    const auto second = ask(authenticate, claim("dev_1", "right"));
    BOOST_TEST(second.body == first.body);
    BOOST_TEST(second.has("X-Auth-Cache: hit\r\nAge: 0\r\n"));
    BOOST_TEST(store.device_look_ups == 1);
}

BOOST_AUTO_TEST_CASE(unknown_and_wrong_are_the_same_bytes) {
    for (int round = 0; round < 2; ++round) {
        const auto wrong = ask(authenticate, claim("dev_1", "wrong"));
        const auto unknown = ask(authenticate, claim("dev_2", "wrong"));
        BOOST_TEST(wrong.bytes == unknown.bytes);
        BOOST_TEST(wrong.body == refused);
        BOOST_TEST(wrong.has("X-Auth-Cache: none\r\n"));
        BOOST_TEST(store.device_look_ups == 2); // the second round adds none
    }
}

BOOST_AUTO_TEST_CASE(malformed_and_narrowed_questions) {
    struct {
        std::string body;
        int status;
        const char* says;
    } const cases[] = {
        {claim("", "x"), 200, R"({"valid":false,"code":"INVALID_FORMAT","detail":"device_id)"},
        {claim("dev_1", ""), 200,
         R"({"valid":false,"code":"INVALID_FORMAT","detail":"device_secret)"},
        {claim(std::string(10'000, 'd'), "x"), 200, "INVALID_FORMAT"},
        {claim("dev_1", std::string(10'000, 's')), 200, "INVALID_FORMAT"},
        {claim("dev_1", "right", R"(,"scopes":["open"])"), 200, "VALID"},
        {claim("dev_1", "right", R"(,"scopes":["open","paint"])"), 200, "INSUFFICIENT_SCOPES"},
        {claim("dev_1", "wrong", R"(,"scopes":["open","paint"])"), 200, "INVALID_CREDENTIALS"},
        {R"({"device_id":"dev_1"})", 400, "device_secret"},
        {R"({"device_secret":"x"})", 400, "device_id"},
        {claim("dev_1", "right", R"(,"issue_token":1)"), 400, "true or false"},
        {claim("dev_1", "right", R"(,"issue_tokn":true)"), 400, "issue_token"},
        {claim("dev_1", "right", R"(,"ip":"::1")"), 400, "known"},
        {R"({"device_id":1,"device_secret":"x"})", 400, "device_id"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.body.substr(0, 100)) {
            const auto told = ask(authenticate, c.body);
            BOOST_TEST(told.status == c.status);
            BOOST_TEST(told.body.find(c.says) != std::string::npos);
        }
    }
    BOOST_TEST(ask(authenticate, claim("a", "b"), "text/plain").status == 415);
}

BOOST_AUTO_TEST_CASE(an_undecided_device_is_unavailable_and_not_kept) {
    store.away = true;
    const auto told = ask(authenticate, claim("dev_1", "right"));
    BOOST_TEST(told.status == 503);
    BOOST_TEST(told.has("Retry-After: 1\r\n"));
    BOOST_TEST(told.body.find("UNAVAILABLE") != std::string::npos);
    BOOST_TEST(told.body.find("the database is away") != std::string::npos);
    store.away = false;
    BOOST_TEST(ask(authenticate, claim("dev_1", "right")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_trusted_caller_may_pass_the_cache_by) {
    ask(authenticate, claim("dev_1", "right"));
    const auto fresh = ask(authenticate, claim("dev_1", "right"), "application/json", "no-cache");
    BOOST_TEST(fresh.has("X-Auth-Cache: miss\r\n"));
    BOOST_TEST(store.device_look_ups == 2);
    ask(authenticate, claim("dev_2", "x"), "application/json", "no-store");
    ask(authenticate, claim("dev_2", "x"));
    BOOST_TEST(store.device_look_ups == 4);
}

BOOST_AUTO_TEST_CASE(a_password_waits_for_scrypt_once) {
    const auto text = crypto::hash_password("chosen", {.log2_n = 4, .r = 8, .p = 1}).value();
    store.add(device("dev_3", parsed(text)));
    BOOST_TEST(ask(authenticate, claim("dev_3", "chosen")).json().at("valid").as_bool());
    BOOST_TEST(waits == 2); // for the look-up, then for scrypt
    const auto again = ask(authenticate, claim("dev_3", "chosen"));
    BOOST_TEST(waits == 0);
    BOOST_TEST(again.has("X-Auth-Cache: hit\r\n"));
    BOOST_TEST(ask(authenticate, claim("dev_3", "guess")).body == refused);
    BOOST_TEST(waits == 1);
    BOOST_TEST(ask(authenticate, claim("dev_3", "guess")).body == refused);
    BOOST_TEST(waits == 0);

    passwords.stop();
    const auto late = ask(authenticate, claim("dev_3", "another"));
    BOOST_TEST(late.status == 503);
    BOOST_TEST(late.has("Retry-After: 1\r\n"));
    BOOST_TEST(waits == 0);
    BOOST_TEST(ask(authenticate, claim("dev_3", "chosen")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_token_comes_with_the_answer) {
    const auto asked = claim("dev_1", "right", R"(,"issue_token":true)");
    const auto without_keys = ask(authenticate, asked);
    BOOST_TEST(without_keys.status == 503);
    BOOST_TEST(without_keys.has("Retry-After: 1\r\n"));
    const auto valid = static_cast<std::size_t>(auth::verdict::valid);
    BOOST_TEST(api.metrics.devices.verdicts[valid].value() == 0u);
    can_sign();
    BOOST_TEST(ask(authenticate, asked).has("X-Auth-Cache: miss\r\n"));
    const auto told = ask(authenticate, asked);
    BOOST_TEST(told.status == 200);
    BOOST_TEST(told.has("X-Auth-Cache: hit\r\nAge: 0\r\nCache-Control: no-store\r\n"));
    const auto body = told.json();
    BOOST_TEST(body.at("token_type").as_string() == "Bearer");
    BOOST_TEST(body.at("expires_in").as_int64() == 900);
    BOOST_TEST(body.at("name").as_string() == "Door");
    const std::string token(body.at("access_token").as_string());

    const auto verified =
        ask("/api/v1/auth/verify-token", R"({"token":")" + token + R"("})").json();
    BOOST_TEST(verified.at("subject").as_string() == "dev_1");
    BOOST_TEST(verified.at("claims").at("client_id").as_string() == "dev_1");
    BOOST_TEST(verified.at("claims").at("scope").as_string() == "close open");
    // Another request gets another token, or none.
    BOOST_TEST(std::string(ask(authenticate, asked).json().at("access_token").as_string()) !=
               token);
    BOOST_TEST(!ask(authenticate, claim("dev_1", "right")).json().contains("access_token"));
    BOOST_TEST(ask(authenticate, claim("dev_1", "wrong", R"(,"issue_token":true)")).body ==
               refused);
}

BOOST_AUTO_TEST_CASE(a_token_has_the_scopes_that_were_asked_for) {
    can_sign();
    const auto told =
        ask(authenticate, claim("dev_1", "right", R"(,"issue_token":true,"scopes":["open"])"));
    const std::string token(told.json().at("access_token").as_string());
    const auto verified =
        ask("/api/v1/auth/verify-token", R"({"token":")" + token + R"("})").json();
    BOOST_TEST(verified.at("claims").at("scope").as_string() == "open");
}

BOOST_AUTO_TEST_CASE(generate_token_takes_one_credential) {
    can_sign();
    const auto told = ask(generate, claim("dev_1", "right", R"(,"expires_in":60)"));
    BOOST_TEST(told.status == 200);
    BOOST_TEST(told.has("Cache-Control: no-store\r\n"));
    BOOST_TEST(told.json().at("expires_in").as_int64() == 60);
    BOOST_TEST(ask(generate, claim("dev_1", "wrong")).body == refused);
    BOOST_TEST(ask(generate, claim("dev_2", "wrong")).body == refused);
    struct {
        std::string body;
        const char* says;
    } const cases[] = {
        {"{}", "there is no credential"},
        {R"({"device_id":"d"})", "go together"},
        {R"({"device_secret":"d"})", "go together"},
        {claim("d", "s", R"(,"api_key":"k")"), "one credential"},
        {R"({"device_id":"d","api_key":"k"})", "one credential"},
        {claim("d", "s", R"(,"ip":"::1")"), "address list"},
        {claim("d", "s", R"(,"expires_in":0)"), "expires_in"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.body) {
            const auto refusal = ask(generate, c.body);
            BOOST_TEST(refusal.status == 400);
            BOOST_TEST(refusal.body.find(c.says) != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
