#include <latchkey/auth/api_key/verify_api_key.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "../support/metric_of.hpp"
#include "../support/one_worker.hpp"

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct inquiry final : auth::api_key_inquiry {
    int told = 0;
    void decided() noexcept override { ++told; }
};

// One worker with a verifier of API keys.
struct key_worker : test::one_worker {
    explicit key_worker(auth::cache_configuration settings = {})
        : one_worker(settings), verifier(state, 0, {}, metrics) {}
    void ask(inquiry& i, std::string_view key = "a-foreign-key") {
        i.key = *verifier.fingerprint(key);
        verifier.place(i);
        verifier.ask(i);
        pump();
    }
    void answer(auth::lookup_status status, auth::api_key_facts facts = {}) {
        store.answer_key(status, std::move(facts));
        pump();
    }
    /// Decides by the cache; nullopt if it does not decide.
    std::optional<auth::verdict> cached(auth::api_key_request request = {},
                                        std::string_view key = "a-foreign-key") {
        inquiry i;
        i.key = *verifier.fingerprint(key);
        verifier.place(i);
        std::optional<auth::verdict> v;
        decided_by_cache = {};
        const auto shared = [this](const auto&) { return ++admissions, !admits; };
        const auto use = [&](const auto& decided, const auth::api_key_record* found, const auto&) {
            v = decided.what;
            decided_by_cache = decided;
            BOOST_TEST((found == nullptr) == (v == auth::verdict::not_found));
        };
        const auto at = auth::clock_reading::read(state.known);
        const bool decides = verifier.from_cache(i, request, at, shared, use);
        BOOST_TEST(decides == v.has_value());
        pump();
        return v;
    }
    double metric(const std::string& name) { return test::metric_of(name, metrics, state); }
    /// Decides by a look-up. `refused`: by a limit that the key shares.
    auth::key_decision<bool> concluded(const inquiry& i, const auth::api_key_request& request = {},
                                       const core::moment& now = {}, bool refused = false) {
        return verifier.conclude(i, request, now, [&](const auto&) { return refused; });
    }

    bool admits = true; ///< what else is asked of a good one
    int admissions = 0; ///< how often that was
    auth::key_decision<bool> decided_by_cache{};
    auth::metrics metrics;
    auth::api_key_verifier verifier;
};

auth::api_key_facts wide() {
    auth::api_key_facts facts;
    facts.key_id = "key_1";
    facts.organization_id = "org_1";
    facts.scopes = {"read", "write"};
    return facts;
}

} // namespace

BOOST_AUTO_TEST_SUITE(verifier)

BOOST_AUTO_TEST_CASE(a_miss_is_looked_up_judged_counted_and_kept) {
    key_worker w;
    BOOST_TEST(!w.verifier.fingerprint("short").has_value());
    BOOST_TEST(!w.cached().has_value());
    inquiry i;
    w.ask(i);
    BOOST_TEST(w.store.asked_keys.size() == 1u);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(i.told == 1);
    BOOST_TEST((i.source == auth::answer_source::miss));
    BOOST_TEST((w.concluded(i).what == auth::verdict::valid));
    BOOST_TEST((w.cached() == auth::verdict::valid));
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="api_key",code="INVALID_FORMAT"})") == 1);
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="api_key",code="VALID"})") == 2);
    BOOST_TEST(w.metric(R"(auth_cache_hits_total{cache="api_key"})") == 1);
    BOOST_TEST(w.metric(R"(auth_cache_misses_total{cache="api_key"})") == 1);
    BOOST_TEST(w.metric(R"(auth_cache_entries{cache="api_key"})") == 1);
}

// Judged first, charged last, on hits and misses alike.
BOOST_AUTO_TEST_CASE(a_keys_limit_is_taken_by_what_is_good_otherwise) {
    key_worker w;
    core::rate_limiter table(64, {1, 2});
    w.state.limits = &table;
    auto facts = wide();
    facts.rate_limit = core::rate_rule::make(2, std::chrono::hours(1), 2);
    inquiry i;
    w.ask(i);
    w.answer(auth::lookup_status::found, facts);
    const auto now = core::moment::now();
    const std::string_view scopes[] = {"none"};
    const auto narrow = w.concluded(i, {scopes, std::nullopt}, now);
    BOOST_TEST((narrow.what == auth::verdict::insufficient_scopes));
    BOOST_TEST(!narrow.limit.has_value());
    // A request that a shared limit refuses takes nothing from the key's own limit.
    const auto refused = w.concluded(i, {}, now, true);
    BOOST_TEST((refused.what == auth::verdict::rate_limited));
    BOOST_TEST(refused.refusal);
    BOOST_TEST(!refused.limit.has_value());
    w.admits = false;
    BOOST_TEST((w.cached() == auth::verdict::rate_limited));
    BOOST_TEST(w.decided_by_cache.refusal);
    BOOST_TEST(!w.decided_by_cache.limit.has_value());
    w.admits = true;
    const auto good = w.concluded(i, {}, now);
    BOOST_TEST((good.what == auth::verdict::valid));
    BOOST_TEST(good.limit->said.remaining == 1u);
    BOOST_TEST((w.cached() == auth::verdict::valid));
    BOOST_TEST(w.decided_by_cache.limit->said.remaining == 0u);
    // From here on it takes nothing from shared limits.
    const auto before = w.admissions;
    BOOST_TEST((w.cached() == auth::verdict::rate_limited));
    BOOST_TEST(w.admissions == before);
    BOOST_TEST(!w.decided_by_cache.refusal);
    BOOST_TEST(!w.decided_by_cache.limit->said.allowed);
    const auto spent = w.concluded(i, {}, now);
    BOOST_TEST((spent.what == auth::verdict::rate_limited));
    BOOST_TEST(!spent.refusal);
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="api_key",code="RATE_LIMITED"})") == 4);
}

BOOST_AUTO_TEST_CASE(an_absent_key_is_kept_apart_and_goes_when_it_is_made) {
    key_worker w;
    inquiry i;
    w.ask(i);
    w.answer(auth::lookup_status::absent);
    BOOST_TEST((w.concluded(i).what == auth::verdict::not_found));
    BOOST_TEST((w.cached() == auth::verdict::not_found));
    BOOST_TEST(w.metric(R"(auth_cache_entries{cache="negative"})") == 1);
    BOOST_TEST(w.metric(R"(auth_cache_entries{cache="api_key"})") == 0);
    BOOST_TEST(w.metric(R"(auth_cache_hits_total{cache="negative"})") == 1);
    w.owner.api_key_changed(i.key, i.hash);
    BOOST_TEST(!w.cached().has_value());
}

BOOST_AUTO_TEST_CASE(many_questions_are_one_look_up) {
    key_worker w;
    std::vector<inquiry> all(1000);
    for (auto& i : all)
        w.ask(i);
    BOOST_TEST(w.store.asked_keys.size() == 1u);
    w.answer(auth::lookup_status::found, wide());
    for (const auto& i : all)
        BOOST_REQUIRE(i.told == 1);
    BOOST_TEST((all[0].source == auth::answer_source::miss));
    BOOST_TEST((all[999].source == auth::answer_source::coalesced));
    BOOST_TEST(w.metric("auth_coalesced_total") == 999);
}

// A failure is neither valid nor "not found": nothing is decided, and later questions are not told
// so.
BOOST_AUTO_TEST_CASE(a_failure_is_shared_and_not_kept) {
    key_worker w;
    inquiry a, b, c;
    w.ask(a);
    w.ask(b);
    w.answer(auth::lookup_status::unavailable);
    BOOST_TEST(!w.concluded(a).what.has_value());
    BOOST_TEST(!w.concluded(b).what.has_value());
    BOOST_TEST(!w.cached().has_value());
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="api_key",code="UNAVAILABLE"})") == 2);
    w.ask(c);
    BOOST_TEST(w.store.asked_keys.size() == 1u);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST((w.concluded(c).what == auth::verdict::valid));
}

BOOST_AUTO_TEST_CASE(a_change_while_the_answer_is_on_its_way_keeps_it_out) {
    key_worker w;
    inquiry before, after;
    w.ask(before);
    w.owner.api_key_changed(before.key, before.hash);
    w.ask(after);
    // Two look-ups: who asks after the change must not get an answer from before it.
    BOOST_TEST(w.store.asked_keys.size() == 2u);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(before.told == 1);
    BOOST_TEST(after.told == 0);
    BOOST_TEST(!w.cached().has_value());
    auto revoked = wide();
    revoked.revoked = true;
    w.answer(auth::lookup_status::found, revoked);
    BOOST_TEST((w.concluded(after).what == auth::verdict::revoked));
    BOOST_TEST((w.cached() == auth::verdict::revoked));
}

BOOST_AUTO_TEST_CASE(a_change_of_the_organization_reaches_what_is_cached_and_what_is_on_its_way) {
    key_worker w;
    inquiry i, next;
    w.ask(i);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(w.cached().has_value());
    w.state.known.organization_changed("org_1");
    BOOST_TEST(!w.cached().has_value());

    w.ask(i);
    w.state.known.organization_changed("org_1");
    w.ask(next);
    BOOST_TEST(w.store.asked_keys.size() == 2u);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(!w.cached().has_value());
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(w.cached().has_value());
    // A change of another organization does not affect it.
    w.state.known.organization_changed("org_2");
    BOOST_TEST(w.cached().has_value());
}

BOOST_AUTO_TEST_CASE(without_news_nothing_cached_is_believed) {
    auth::cache_configuration settings;
    settings.max_staleness = core::milliseconds(0);
    key_worker w(settings);
    inquiry i;
    w.ask(i);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(!w.cached().has_value());
    w.ask(i);
    w.answer(auth::lookup_status::absent);
    BOOST_TEST(!w.cached().has_value());
}

// Every hit is judged, whatever request filled the cache.
BOOST_AUTO_TEST_CASE(a_hit_is_judged_by_what_this_request_asks) {
    key_worker w;
    auto facts = wide();
    facts.allowed_networks = {*core::parse_network("192.0.2.0/24")};
    facts.expires_at = std::chrono::system_clock::now() + 1h;
    inquiry i;
    w.ask(i);
    w.answer(auth::lookup_status::found, facts);
    const auto inside = core::parse_address("192.0.2.7");
    const auto outside = core::parse_address("198.51.100.7");
    const std::vector<std::string_view> none, read = {"read"}, both = {"read", "write"},
                                              wider = {"read", "admin"}, upper = {"READ"};
    struct {
        const char* what;
        std::span<const std::string_view> scopes;
        std::optional<core::address> ip;
        auth::verdict expected;
    } const cases[] = {
        {"all that is granted", both, inside, auth::verdict::valid},
        {"less than is granted", read, inside, auth::verdict::valid},
        {"nothing", none, inside, auth::verdict::valid},
        {"more than is granted", wider, inside, auth::verdict::insufficient_scopes},
        {"scopes are case-sensitive", upper, inside, auth::verdict::insufficient_scopes},
        {"another address", read, outside, auth::verdict::ip_not_allowed},
        {"no address", read, std::nullopt, auth::verdict::ip_not_allowed},
        {"again all that is granted", both, inside, auth::verdict::valid},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what)
    BOOST_TEST((w.cached({c.scopes, c.ip}) == c.expected));
    BOOST_TEST(w.store.asked_keys.empty());
}

BOOST_AUTO_TEST_CASE(a_cached_key_expires_on_time) {
    key_worker w;
    auto facts = wide();
    facts.expires_at = std::chrono::system_clock::now();
    inquiry i;
    w.ask(i);
    w.answer(auth::lookup_status::found, facts);
    BOOST_TEST((w.cached() == auth::verdict::expired));
}

BOOST_AUTO_TEST_CASE(in_the_last_tenth_of_its_life_one_look_up_renews_an_entry) {
    key_worker w;
    inquiry i;
    w.ask(i);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(w.cached().has_value());
    BOOST_TEST(w.store.asked_keys.empty());
    // It lives for five minutes: of an hour's TTL, that would be the last tenth.
    const auto due = [&](core::nanoseconds ttl) {
        bool refresh = false;
        w.state.api_keys.read(0, i.key, i.hash, ttl,
                              [&](const auto& hit, const auto&) { refresh = hit.refresh; });
        return refresh;
    };
    BOOST_TEST(!due(45min));
    BOOST_TEST(due(1h));
    BOOST_TEST(!due(1h));
    w.owner.api_keys.refresh(i.key, i.hash);
    w.owner.api_keys.refresh(i.key, i.hash);
    BOOST_TEST(w.store.asked_keys.size() == 1u);
    w.answer(auth::lookup_status::unavailable);
    // A refresh that failed has no consequence.
    BOOST_TEST((w.cached() == auth::verdict::valid));
    w.owner.api_keys.refresh(i.key, i.hash);
    auto renewed = wide();
    renewed.enabled = false;
    w.answer(auth::lookup_status::found, renewed);
    BOOST_TEST((w.cached() == auth::verdict::disabled));
    BOOST_TEST(w.metric("auth_cache_refreshed_total") == 2);
}

BOOST_AUTO_TEST_CASE(no_store_leaves_no_trace) {
    key_worker w;
    inquiry i;
    i.terms = {false, false};
    w.ask(i);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(i.told == 1);
    BOOST_TEST(!w.cached().has_value());
    i.terms = {false, true};
    w.ask(i);
    w.answer(auth::lookup_status::found, wide());
    BOOST_TEST(w.cached().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
