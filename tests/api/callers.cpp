// Who may ask on the public listener, and what a caller of one organization can learn of another's.
#include "support_batch.hpp"

#include <latchkey/api/rate_limits.hpp>
#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <set>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using auth::caller_scopes;

namespace {

const std::string verify_key = "/api/v1/auth/verify-api-key";
const std::string verify_token = "/api/v1/auth/verify-token";
const std::string verify_batch = "/api/v1/auth/verify-batch";
const std::string authenticate = "/api/v1/auth/authenticate-device";
const std::string generate = "/api/v1/auth/generate-token";
const std::string end_it = "/api/v1/auth/revoke";
const std::string metrics = "/metrics";

struct answered {
    int status;
    std::string bytes;
    bool has(std::string_view text) const { return bytes.find(text) != std::string::npos; }
};

// Two organizations, each with a key, a device and a caller.
struct two_organizations : one_worker {
    explicit two_organizations(const auth::cache_configuration& cache = long_cache())
        : one_worker(cache),
          passwords(test::patient_scrypt(), 1,
                    [](const crypto::password_hash&, std::string_view) { return true; }),
          limiter(1024, {1, 2}),
          limits(limiter, state.readers, api::public_api::endpoint_names()),
          api(state, 0, passwords, {}, tokens, status, {}, {}, {}, &limits) {
        state.limits = &limiter;
        for (const std::string of : {"ours", "theirs"}) {
            add_key("key-of-" + of, of);
            add_key("caller-of-" + of, of,
                    {"latchkey:verify", "latchkey:issue", "latchkey:revoke"});
            auth::device_facts device;
            device.device_id = "dev-of-" + of;
            device.organization_id = of;
            device.secret = auth::stored_secret::parse(auth::sha256_form("right"), {});
            store.add(std::move(device));
        }
        add_key("caller-of-all", "platform", {"latchkey:verify:*", "latchkey:metrics"});
        add_key("no-caller", "ours");
        require();
        sign_with(crypto::jws_algorithm::es256, tokens);
    }
    static auth::cache_configuration long_cache() {
        auth::cache_configuration c;
        c.negative_ttl = 1h;
        return c;
    }
    auth::api_key_facts& add_key(const std::string& name, const std::string& of,
                                 std::initializer_list<std::string_view> scopes = {}) {
        auto& facts = store.api_keys[crypto::sha256(name)];
        facts.key_hash = crypto::sha256(name);
        facts.key_id = name;
        facts.organization_id = of;
        facts.scopes = {"read"};
        for (const auto scope : scopes)
            BOOST_REQUIRE(facts.caller_scopes.add(scope));
        return facts;
    }
    void require(api::callers_mode mode = api::callers_mode::required,
                 std::vector<api::known_caller_configuration> known = {}) {
        api.configure({}, {}, {}, {}, api::caller_rules::make({mode}, known).value());
    }
    std::string token_of(const std::string& organization) {
        const std::string key_id = "key-of-" + organization;
        const auth::token_holder holder{
            auth::credential_kind::api_key, key_id, organization, {}, std::nullopt, 0};
        return std::string(
            api.token_issuer.issue(holder, {}, core::moment::now()).value().text.reveal());
    }

    // The request of one exchange, as it is told before `ask`.
    struct connection final : http::waker {
        void wake() override {}
    };
    answered ask(const std::string& path, const std::string& body,
                 std::optional<std::string> key = {}, const net::tls_identity* client = nullptr,
                 std::string_view listener = {}) {
        http::request request;
        request.method = path == metrics ? http::method::get : http::method::post;
        request.path = path;
        request.body = body;
        request.has_content_length = true;
        request.fields[static_cast<std::size_t>(http::field::content_type)] = "application/json";
        if (key) request.fields[static_cast<std::size_t>(http::field::x_latchkey_key)] = *key;
        request.lines = lines;
        request.has_receipt = !lines.empty();
        std::string out;
        const http::answer_terms terms;
        connection asker;
        const http::trust rules;
        http::client_origin origin(from, rules);
        origin.listener = listener;
        http::exchange ex(request, "r", out, terms, false, asker);
        ex.origin = &origin;
        ex.client = client;
        ex.as_of = core::boot_clock::now();
        api.handle(ex);
        while (auto* awaited = ex.take_pending()) {
            settle();
            holds += api.held.size();
            api.tick(core::steady_now());
            awaited->finish(ex);
        }
        return {ex.status(), out};
    }
    /// The ids of what was used since it was asked last.
    std::set<std::string> used_since() {
        std::set<std::string> ids;
        api.uses.table.drain([&](auth::credential_use&& used) { ids.insert(used.credential_id); });
        return ids;
    }
    void settle() {
        store.answer();
        while (owner.box().receive())
            store.answer();
    }

    std::size_t holds = 0;             ///< answers that waited for the tick
    std::string lines;                 ///< of the requests' header
    std::optional<core::address> from; ///< the clients' address
    auth::token_configuration tokens;
    no_status status;
    auth::scrypt_pool passwords;
    core::rate_limiter limiter;
    api::rate_limits limits;
    api::public_api api;
};

std::string key_body(const std::string& key) {
    return R"({"api_key":")" + key + "\"}";
}
std::string token_body(const std::string& token) {
    return R"({"token":")" + token + "\"}";
}
std::string device_body(const std::string& id) {
    return R"({"device_id":")" + id + R"(","device_secret":"right"})";
}
bool is_valid(const answered& a) {
    return a.status == 200 && a.has(R"("valid":true)");
}

} // namespace

BOOST_AUTO_TEST_SUITE(callers)

BOOST_AUTO_TEST_CASE(who_may_ask_where) {
    struct {
        std::string path, key;
        int required, open;
    } const cases[] = {
        {verify_key, "", 401, 200},
        {verify_token, "", 401, 200},
        {verify_batch, "", 401, 200},
        {metrics, "", 401, 200},
        {authenticate, "", 200, 200},
        {generate, "", 200, 200},
        {verify_key, "caller-of-ours", 200, 200},
        {verify_token, "caller-of-ours", 200, 200},
        {verify_batch, "caller-of-ours", 200, 200},
        {authenticate, "caller-of-ours", 200, 200},
        {generate, "caller-of-ours", 200, 200},
        {metrics, "caller-of-ours", 403, 403},
        {metrics, "caller-of-all", 200, 200},
        {verify_key, "caller-of-all", 200, 200},
        {generate, "caller-of-all", 403, 403},
        {verify_key, "no-caller", 403, 403},
        {verify_key, "unknown-key", 401, 401},
        {authenticate, "unknown-key", 401, 401},
        {verify_key, "lk_live_misshapen", 401, 401},
    };
    for (const auto mode :
         {api::callers_mode::required, api::callers_mode::open, api::callers_mode::unset}) {
        two_organizations w;
        w.require(mode);
        for (const auto& c : cases) {
            BOOST_TEST_CONTEXT(c.path << " by \"" << c.key << '"') {
                std::string body = key_body("key-of-ours");
                if (c.path == verify_token) body = token_body(w.token_of("ours"));
                if (c.path == authenticate) body = device_body("dev-of-ours");
                if (c.path == verify_batch) body = batch_of({item("key-of-ours")});
                const auto key = c.key.empty() ? std::nullopt : std::optional(c.key);
                const auto told = w.ask(c.path, body, key);
                const int expected = mode == api::callers_mode::required ? c.required : c.open;
                BOOST_TEST(told.status == expected);
                BOOST_TEST(told.has("WWW-Authenticate: Latchkey-Key") == (told.status == 401));
                if (expected == 200 && c.path != verify_batch && c.path != metrics)
                    BOOST_TEST(is_valid(told));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_key_is_a_wrong_one) {
    two_organizations w;
    w.require(api::callers_mode::open);
    BOOST_TEST(w.ask(verify_key, key_body("key-of-ours"), "").status == 401);
}

BOOST_AUTO_TEST_CASE(a_caller_that_cannot_be_verified_is_told_so) {
    two_organizations w;
    w.store.away = true;
    const auto told = w.ask(verify_key, key_body("key-of-ours"), "caller-of-ours");
    BOOST_TEST(told.status == 503);
    BOOST_TEST(told.has("Retry-After: "));
}

BOOST_AUTO_TEST_CASE(a_bad_key_is_not_told_from_another) {
    two_organizations w;
    w.add_key("revoked-key", "ours", {"latchkey:verify"}).revoked = true;
    w.add_key("disabled-key", "ours", {"latchkey:verify"}).enabled = false;
    w.add_key("expired-key", "ours", {"latchkey:verify"}).expires_at = core::real_time();
    w.add_key("elsewhere-key", "ours", {"latchkey:verify"}).allowed_networks =
        core::parse_networks("192.0.2.0/24").value();
    w.add_key("orphan-key", "ours", {"latchkey:verify"}).organization_enabled = false;
    const auto unknown = w.ask(verify_key, key_body("key-of-ours"), "unknown-key");
    for (const auto* key :
         {"revoked-key", "disabled-key", "expired-key", "elsewhere-key", "orphan-key"})
        BOOST_TEST(w.ask(verify_key, key_body("key-of-ours"), key).bytes == unknown.bytes);
}

// Cold, and again from the cache.
BOOST_AUTO_TEST_CASE(what_is_foreign_is_told_from_nothing_unknown) {
    two_organizations w;
    w.add_key("revoked-of-theirs", "theirs").revoked = true;
    const auto theirs = w.token_of("theirs");
    const auto forged = w.token_of("ours").substr(0, theirs.size() - 8) + "AAAAAAAA";
    struct {
        std::string path, foreign, unknown;
    } const cases[] = {
        {verify_key, key_body("key-of-theirs"), key_body("unknown-key")},
        {verify_key, key_body("revoked-of-theirs"), key_body("unknown-2")},
        {generate, key_body("key-of-theirs"), key_body("unknown-key")},
        {authenticate, device_body("dev-of-theirs"), device_body("unknown-key")},
        {generate, device_body("dev-of-theirs"), device_body("unknown-key")},
        {verify_token, token_body(theirs), token_body(forged)},
        {verify_token, token_body(theirs), token_body("eyJ.not.one")},
        {verify_token, token_body(theirs), token_body("")},
        {end_it, key_body("key-of-theirs"), key_body("unknown-key")},
        {end_it, key_body("revoked-of-theirs"), key_body("unknown-key")},
        {end_it, token_body(theirs), token_body(forged)},
        {verify_batch, batch_of({item("key-of-theirs"), device("dev-of-theirs", "right")}),
         batch_of({item("unknown-key"), device("unknown-key", "right")})},
        {verify_batch, batch_of({R"({"type":"token","token":")" + theirs + "\"}"}),
         batch_of({R"({"type":"token","token":")" + forged + "\"}"})},
    };
    for (int again = 0; again < 3; ++again)
        for (const auto& c : cases)
            BOOST_TEST_CONTEXT(c.path << ' ' << c.foreign) {
                const auto foreign = w.ask(c.path, c.foreign, "caller-of-ours");
                BOOST_TEST(foreign.status == 200);
                BOOST_TEST(foreign.bytes == w.ask(c.path, c.unknown, "caller-of-ours").bytes);
                BOOST_TEST(!foreign.has("theirs"));
            }
    // The same to those whose they are.
    BOOST_TEST(is_valid(w.ask(verify_key, key_body("key-of-theirs"), "caller-of-theirs")));
    BOOST_TEST(is_valid(w.ask(verify_key, key_body("key-of-theirs"), "caller-of-all")));
    BOOST_TEST(is_valid(w.ask(authenticate, device_body("dev-of-theirs"), "caller-of-theirs")));
    BOOST_TEST(is_valid(w.ask(verify_token, token_body(theirs), "caller-of-theirs")));
    BOOST_TEST(is_valid(w.ask(verify_token, token_body(theirs), "caller-of-all")));
}

// An answer that there is nothing is asked for again after cache.negative_ttl; so is a foreign one.
BOOST_AUTO_TEST_CASE(foreign_answers_age_as_negative_ones_do) {
    for (const auto ttl : {core::milliseconds(0), core::milliseconds(3'600'000)}) {
        auto cache = two_organizations::long_cache();
        cache.negative_ttl = ttl;
        two_organizations w(cache);
        w.ask(verify_key, key_body("key-of-theirs"), "caller-of-ours");
        w.ask(authenticate, device_body("dev-of-theirs"), "caller-of-ours");
        const auto keys = w.store.key_look_ups;
        const auto devices = w.store.device_look_ups;
        for (int i = 0; i < 3; ++i) {
            BOOST_TEST(
                w.ask(verify_key, key_body("key-of-theirs"), "caller-of-ours").has("NOT_FOUND"));
            BOOST_TEST(w.ask(authenticate, device_body("dev-of-theirs"), "caller-of-ours")
                           .has("INVALID_CREDENTIALS"));
        }
        const std::size_t more = ttl == 0ms ? 3 : 0;
        BOOST_TEST(w.store.key_look_ups == keys + more);
        BOOST_TEST(w.store.device_look_ups == devices + more);
        // Its own organization is answered from the cache all the while.
        BOOST_TEST(is_valid(w.ask(verify_key, key_body("key-of-theirs"), "caller-of-theirs")));
        BOOST_TEST(is_valid(w.ask(verify_key, key_body("key-of-theirs"), "caller-of-theirs")));
        BOOST_TEST(w.store.key_look_ups == keys + more + 1); // the caller's own
    }
}

BOOST_AUTO_TEST_CASE(what_is_foreign_uses_up_no_limit) {
    two_organizations w;
    w.add_key("limited-key", "theirs").rate_limit = core::rate_rule::make(1, 60s, 1);
    api::rate_policy_configuration by_key;
    by_key.name = "by-key";
    by_key.counts = api::counted::api_key;
    by_key.quantity = 2;
    w.limits.configure(std::vector{by_key});
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(w.ask(verify_key, key_body("limited-key"), "caller-of-ours").has("NOT_FOUND"));
    w.ask(authenticate, device_body("dev-of-theirs"), "caller-of-ours");
    w.ask(verify_token, token_body(w.token_of("theirs")), "caller-of-ours");
    BOOST_TEST(w.used_since() == (std::set<std::string>{"caller-of-ours"}));
    BOOST_TEST(is_valid(w.ask(verify_key, key_body("limited-key"), "caller-of-theirs")));
    BOOST_TEST(w.used_since() == (std::set<std::string>{"caller-of-theirs", "limited-key"}));
    BOOST_TEST(w.ask(verify_key, key_body("limited-key"), "caller-of-theirs").has("RATE_LIMITED"));
    // A caller's questions about one key are limited, whosever it is, and known or not.
    BOOST_TEST(w.ask(verify_key, key_body("limited-key"), "caller-of-ours").status == 429);
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(w.ask(verify_key, key_body("unknown-key"), "caller-of-ours").status == 200);
    BOOST_TEST(w.ask(verify_key, key_body("unknown-key"), "caller-of-ours").status == 429);
}

BOOST_AUTO_TEST_CASE(a_callers_limit_counts_what_it_asks) {
    two_organizations w;
    w.add_key("caller-of-ours", "ours", {"latchkey:verify"}).rate_limit =
        core::rate_rule::make(5, 60s, 5);
    const auto told = w.ask(verify_key, key_body("unknown-key"), "caller-of-ours");
    BOOST_TEST(told.status == 200);
    BOOST_TEST(told.has("RateLimit: \"caller\";r=4"));
    const std::vector three = {item("unknown-key"), item("key-of-theirs"), item("key-of-ours")};
    BOOST_TEST(w.ask(verify_batch, batch_of(three), "caller-of-ours").status == 200);
    const auto refused = w.ask(verify_batch, batch_of(three), "caller-of-ours");
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.has("Retry-After: "));
    const auto over = w.ask(verify_key, key_body("key-of-ours"), "caller-of-ours");
    BOOST_TEST(over.status == 429);
    BOOST_TEST(over.has("RateLimit: \"caller\";r=0"));
}

BOOST_AUTO_TEST_CASE(an_organization_pays_once_for_what_its_callers_ask) {
    two_organizations w;
    api::rate_policy_configuration policy;
    policy.name = "by-organization";
    policy.counts = api::counted::organization;
    policy.quantity = 4;
    w.limits.configure(std::vector{policy});
    BOOST_TEST(w.ask(verify_key, key_body("unknown-key"), "caller-of-ours").status == 200);
    BOOST_TEST(is_valid(w.ask(verify_key, key_body("key-of-ours"), "caller-of-ours")));
    const std::vector two = {item("key-of-ours"), item("key-of-theirs")};
    BOOST_TEST(w.ask(verify_batch, batch_of(two), "caller-of-ours").status == 200);
    BOOST_TEST(w.ask(verify_key, key_body("key-of-ours"), "caller-of-ours").status == 429);
    // Nothing of it was taken from the other.
    for (int i = 0; i < 4; ++i)
        BOOST_TEST(is_valid(w.ask(verify_key, key_body("key-of-theirs"), "caller-of-theirs")));
}

// At all endpoints alike: a batch costs its first item before anybody knows what is in it.
BOOST_AUTO_TEST_CASE(refused_callers_count_for_their_address) {
    for (const auto& path : {verify_key, verify_batch})
        for (const auto* key : {"unknown-key", "no-caller", ""}) {
            two_organizations w;
            w.from = core::parse_address("192.0.2.1");
            api::rate_policy_configuration policy;
            policy.name = "by-address";
            policy.quantity = 3;
            w.limits.configure(std::vector{policy});
            const auto body =
                path == verify_key ? key_body("key-of-ours") : batch_of({item("key-of-ours")});
            const auto by = *key ? std::optional<std::string>(key) : std::nullopt;
            BOOST_TEST_CONTEXT(path << " by " << key) {
                for (int n = 0; n < 3; ++n)
                    BOOST_TEST(w.ask(path, body, by).status ==
                               (by == std::optional<std::string>("no-caller") ? 403 : 401));
                BOOST_TEST(w.ask(path, body, by).status == 429);
            }
        }
}

// A receipt is looked at, and waited for, only for a client that may ask.
BOOST_AUTO_TEST_CASE(a_question_with_a_receipt_counts_first_and_once) {
    two_organizations w;
    w.from = core::parse_address("192.0.2.1");
    const crypto::secret key(std::string(32, 'k'));
    w.state.applied.set_key(key, {"era"});
    w.state.applied.publish("place", std::string("era"),
                            auth::transaction_snapshot::parse("10:10:").value());
    const auto receipt =
        auth::encode_receipt(auth::receipt_of(auth::change_position{"place", "era", 9}), key);
    api::rate_policy_configuration policy;
    policy.name = "by-address";
    policy.quantity = 3;
    w.limits.configure(std::vector{policy});
    w.lines = "X-Latchkey-Receipt: " + receipt + "\r\n";
    const auto told = w.ask(verify_key, key_body("key-of-ours"), "caller-of-ours");
    BOOST_TEST(is_valid(told));
    BOOST_TEST(told.has("RateLimit: \"by-address\";r=2;"));
    w.lines = "X-Latchkey-Receipt: none\r\n";
    for (int n = 0; n < 2; ++n)
        BOOST_TEST(w.ask(verify_key, key_body("key-of-ours"), "caller-of-ours").status == 400);
    BOOST_TEST(w.ask(verify_key, key_body("key-of-ours"), "caller-of-ours").status == 429);
}

BOOST_AUTO_TEST_CASE(a_batchs_token_is_of_its_devices_generation) {
    two_organizations w;
    auth::device_facts narrowed;
    narrowed.device_id = "narrowed";
    narrowed.organization_id = "ours";
    narrowed.generation = 3;
    narrowed.secret = auth::stored_secret::parse(auth::sha256_form("right"), {});
    w.store.add(std::move(narrowed));
    const auto told =
        w.ask(verify_batch, batch_of({device("narrowed", "right", R"(,"issue_token":true)")}),
              "caller-of-ours");
    const std::string name = R"("access_token":")";
    const auto at = told.bytes.find(name);
    BOOST_REQUIRE(at != std::string::npos);
    const auto token = told.bytes.substr(at + name.size());
    const auto begin = token.find('.') + 1;
    const auto claims =
        crypto::decode_base64url(token.substr(begin, token.find('.', begin) - begin));
    BOOST_REQUIRE(claims);
    BOOST_TEST(claims->find(R"("gen":3)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(certificates_and_listeners_that_are_known) {
    two_organizations w;
    w.require(api::callers_mode::required,
              {{"spiffe://x/ours", "", "latchkey:verify", "ours"},
               {"Gateway.Example", "", "latchkey:verify:*, latchkey:metrics", ""},
               {"", "unix:/run/a.sock", "latchkey:verify", "theirs"}});
    net::tls_identity ours, gateway, stranger;
    ours.uris = {"spiffe://x/other", "spiffe://x/ours"};
    gateway.dns_names = {"gateway.example"};
    stranger.dns_names = {"spiffe://x/ours", "example"};
    stranger.uris = {"spiffe://x/Ours", "gateway.example"};
    struct {
        const net::tls_identity* client;
        std::string_view listener;
        int status;
        bool sees_ours, sees_theirs;
    } const cases[] = {
        {&ours, "", 200, true, false},
        {&gateway, "", 200, true, true},
        {&stranger, "", 401, false, false},
        {nullptr, "unix:/run/a.sock", 200, false, true},
        {nullptr, "unix:/run/b.sock", 401, false, false},
        {nullptr, "", 401, false, false},
        {&stranger, "unix:/run/a.sock", 200, false, true},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("case " << &c - cases) {
            const auto of_ours =
                w.ask(verify_key, key_body("key-of-ours"), {}, c.client, c.listener);
            BOOST_TEST(of_ours.status == c.status);
            BOOST_TEST(is_valid(of_ours) == c.sees_ours);
            BOOST_TEST(is_valid(w.ask(verify_key, key_body("key-of-theirs"), {}, c.client,
                                      c.listener)) == c.sees_theirs);
        }
    }
    BOOST_TEST(w.ask(metrics, "", {}, &gateway).status == 200);
    BOOST_TEST(w.ask(metrics, "", {}, &ours).status == 403);
    // The key goes before.
    BOOST_TEST(!is_valid(w.ask(verify_key, key_body("key-of-theirs"), "caller-of-ours", &gateway)));
}

BOOST_AUTO_TEST_CASE(rules_that_cannot_be_read) {
    struct {
        api::caller_configuration settings;
        std::vector<api::known_caller_configuration> known;
        std::string begins;
    } const cases[] = {
        {{api::callers_mode::open, "verify-tokens"}, {}, "auth.callers_required_for: "},
        {{api::callers_mode::open, "livez"}, {}, "auth.callers_required_for: "},
        {{}, {{"", "", "latchkey:verify:*", ""}}, "certificate: "},
        {{}, {{"a", "unix:/a", "latchkey:verify:*", ""}}, "certificate: "},
        {{}, {{"a", "", "latchkey:verify:*", ""}, {"a", "", "", ""}}, "certificate: "},
        {{}, {{"", "unix:/a", "", ""}, {"", "unix:/a", "", ""}}, "unix_listener: "},
        {{}, {{"a", "", "latchkey:verifi", ""}}, "scopes: "},
        {{}, {{"a", "", "verify", ""}}, "scopes: "},
        {{}, {{"a", "", "latchkey:verify", ""}}, "organization: "},
        {{}, {{"a", "", "latchkey:verify", "o"}}, ""},
        {{api::callers_mode::open, ""}, {}, ""},
        {{api::callers_mode::open, "revoke /metrics,generate-token"}, {}, ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("case " << &c - cases) {
            const auto made = api::caller_rules::make(c.settings, c.known);
            BOOST_TEST(made.has_value() == c.begins.empty());
            if (!made) BOOST_TEST(made.error().message.starts_with(c.begins));
        }
    }
}

// The database takes longer for what exists. So the time of the answer must not depend on it.
BOOST_AUTO_TEST_CASE(what_a_look_up_finds_unknown_is_told_at_the_tick) {
    const std::string batch_of_keys =
        R"({"items":[{"type":"api_key","api_key":"key-of-theirs"},{"type":"api_key","api_key":"key-of-nobody"}]})";
    const std::string batch_of_one = R"({"items":[{"type":"device","device_id":"dev-of-theirs",)"
                                     R"("device_secret":"right"}]})";
    struct {
        std::string path, body;
        bool held;
    } const cases[] = {
        {verify_key, key_body("key-of-theirs"), true},
        {verify_key, key_body("key-of-nobody"), true},
        {verify_key, key_body("key-of-ours"), false},
        {authenticate, device_body("dev-of-theirs"), true},
        {authenticate, device_body("nobody"), true},
        {authenticate, device_body("dev-of-ours"), false},
        {generate, key_body("key-of-theirs"), true},
        {generate, key_body("key-of-nobody"), true},
        {verify_batch, batch_of_keys, true},
        {verify_batch, batch_of_one, true},
        {verify_batch, R"({"items":[{"type":"api_key","api_key":"key-of-ours"}]})", false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.path << " " << c.body) {
            two_organizations t;
            t.ask(verify_key, key_body("no-caller"), "caller-of-ours"); // the caller is cached
            t.holds = 0;
            const auto first = t.ask(c.path, c.body, "caller-of-ours");
            BOOST_TEST(first.status == 200);
            BOOST_TEST((t.holds > 0) == c.held);
            t.api.tick(core::steady_now());
            t.holds = 0;
            BOOST_TEST(t.ask(c.path, c.body, "caller-of-ours").status == 200);
            BOOST_TEST(t.holds == 0u); // by the cache
        }
    }
    two_organizations t;
    t.ask(verify_key, key_body("key-of-nobody"), "caller-of-all");
    BOOST_TEST(t.holds == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
