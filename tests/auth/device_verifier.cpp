#include <latchkey/auth/device/verify_device.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../support/metric_of.hpp"
#include "../support/one_worker.hpp"
#include "../support/patient_scrypt.hpp"

using namespace latchkey;
using namespace std::chrono_literals;
using auth::verdict;
using decision = auth::device_decision<bool>;

namespace {

struct asked final : auth::device_verification {
    using device_verification::device_verification;
    int told = 0;
    void woken() noexcept override { ++told; }
};

// Counts the computations.
struct counted_scrypt {
    std::shared_ptr<std::atomic<int>> computed = std::make_shared<std::atomic<int>>(0);
    bool operator()(const crypto::password_hash& hash, std::string_view password) const {
        ++*computed;
        return hash.matches(password);
    }
};

auth::scrypt_configuration one_thread(std::size_t queue_max) {
    auto c = test::patient_scrypt();
    c.threads = 1;
    c.queue_max = queue_max;
    return c;
}

// One worker with a verifier of devices.
struct device_worker : test::one_worker {
    explicit device_worker(std::size_t queue_max = 32)
        : passwords(one_thread(queue_max), 2, scrypt),
          verifier(state, 0, passwords, metrics, &uses) {}
    auto shared() const {
        return [this](const auth::device_record&) { return !admits; };
    }
    /// Begins the look-up of a miss, and answers it.
    void look_up(asked& i, auth::lookup_status status, const auth::device_facts& facts = {}) {
        BOOST_TEST(!i.needs_password());
        BOOST_TEST(i.ask("any", core::moment::now()));
        pump();
        BOOST_REQUIRE(store.asked_devices.size() == 1u);
        store.answer_device(status, facts);
        pump();
        BOOST_TEST(i.told == 1);
    }
    /// Decides by the cache alone; nullopt if it does not decide.
    std::optional<decision> cached(std::string_view secret, auth::device_request request = {},
                                   std::string_view id = "dev_1") {
        asked i(verifier);
        return cached(i, secret, request, id);
    }
    std::optional<decision> cached(asked& i, std::string_view secret,
                                   auth::device_request request = {},
                                   std::string_view id = "dev_1") {
        i.start(*verifier.claim(id, secret));
        return cached(i, request);
    }
    std::optional<decision> cached(asked& i, const auth::device_request& request) {
        std::optional<decision> d;
        const auto use = [&](const decision& decided, const auth::device_record* found, auto) {
            BOOST_TEST(!d.has_value());
            d = decided;
            BOOST_TEST((found != nullptr) == (d->what != verdict::invalid_credentials));
            if (d->what == verdict::valid) ++valid_calls;
        };
        const auto at = auth::clock_reading::read(state.known);
        const bool decides = i.from_cache(request, at, shared(), use);
        BOOST_TEST(decides == d.has_value());
        pump();
        return d;
    }
    bool must_look_up(asked& i, std::string_view secret, std::string_view id = "dev_1") {
        return !cached(i, secret, {}, id) && !i.needs_password();
    }
    bool must_look_up(std::string_view secret, std::string_view id = "dev_1") {
        asked i(verifier);
        return must_look_up(i, secret, id);
    }
    /// Decides by what has come; nullopt if the password must be checked.
    std::optional<decision> concluded(asked& i) { return i.conclude({}, now(), shared()); }
    void know(const auth::device_facts& facts) {
        asked i(verifier);
        i.start(*verifier.claim(facts.device_id, "any"));
        look_up(i, auth::lookup_status::found, facts);
    }
    void know_negative(std::string_view id) {
        asked i(verifier);
        i.start(*verifier.claim(id, "any"));
        look_up(i, auth::lookup_status::absent);
    }
    /// Checks a password of a cached device, from the first step to the last.
    decision password(std::string_view secret) {
        asked i(verifier);
        BOOST_REQUIRE(!cached(i, secret).has_value());
        return password(i, secret);
    }
    /// Checks the password of a device whose record has come.
    decision password(asked& i, std::string_view secret) {
        BOOST_REQUIRE(i.needs_password());
        const int told = i.told;
        waited = i.ask(secret, core::moment::now());
        while (waited && i.told == told)
            pump();
        return concluded(i).value();
    }
    static core::real_time now() { return core::moment::now().real; }
    double metric(const std::string& name) { return test::metric_of(name, metrics); }

    int valid_calls = 0;
    bool waited = false;
    counted_scrypt scrypt;
    auth::metrics metrics;
    auth::use_counts uses{{}};
    auth::scrypt_pool passwords;
    auth::device_verifier verifier;
    bool admits = true;
};

auth::stored_secret of_sha256(std::string_view secret) {
    return auth::stored_secret::parse(auth::sha256_form(secret), auth::legacy_device_secret::unset);
}

auth::stored_secret of_scrypt(std::string_view secret) {
    const auto text = crypto::hash_password(secret, {.log2_n = 4, .r = 8, .p = 1});
    return auth::stored_secret::parse(*text, auth::legacy_device_secret::unset);
}

auth::device_facts device(auth::stored_secret secret) {
    auth::device_facts facts;
    facts.device_id = "dev_1";
    facts.organization_id = "org_1";
    facts.scopes = {"read"};
    facts.secret = std::move(secret);
    return facts;
}

void check_decided(const std::optional<decision>& d, verdict what) {
    BOOST_REQUIRE((d && d->what));
    BOOST_TEST(auth::code_of(*d->what) == auth::code_of(what));
    BOOST_TEST((d->refusal == (what == verdict::rate_limited)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(device_verifier)

BOOST_AUTO_TEST_CASE(what_cannot_be_a_device_costs_no_look_up) {
    device_worker w;
    BOOST_TEST(!w.verifier.claim("", "s").has_value());
    BOOST_TEST(!w.verifier.claim("d", "").has_value());
    BOOST_TEST(!w.verifier.claim(std::string(257, 'd'), "s").has_value());
    BOOST_TEST(!w.verifier.claim("d", std::string(1025, 's')).has_value());
    BOOST_TEST(w.verifier.claim(std::string(256, 'd'), std::string(1024, 's')).has_value());
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="device",code="INVALID_FORMAT"})") == 4);
}

BOOST_AUTO_TEST_CASE(a_miss_is_looked_up_judged_counted_and_kept) {
    device_worker w;
    asked i(w.verifier);
    BOOST_TEST(w.must_look_up(i, "right"));
    w.look_up(i, auth::lookup_status::found, device(of_sha256("right")));
    check_decided(w.concluded(i), verdict::valid);
    check_decided(w.cached("right"), verdict::valid);
    BOOST_TEST(w.valid_calls == 1);
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="device",code="VALID"})") == 2);
    BOOST_TEST(w.metric(R"(auth_cache_hits_total{cache="device"})") == 1);
    BOOST_TEST(w.metric(R"(auth_cache_misses_total{cache="device"})") == 1);
}

// A limit that its organization shares is checked last, for devices that are otherwise good.
BOOST_AUTO_TEST_CASE(what_is_not_admitted_is_rate_limited_and_no_use) {
    device_worker w;
    asked i(w.verifier);
    BOOST_TEST(w.must_look_up(i, "right"));
    w.look_up(i, auth::lookup_status::found, device(of_sha256("right")));
    w.admits = false;
    check_decided(w.concluded(i), verdict::rate_limited);
    check_decided(w.cached("right"), verdict::rate_limited);
    check_decided(w.cached("wrong"), verdict::invalid_credentials);
    BOOST_TEST(w.valid_calls == 0);
    BOOST_TEST(w.uses.table.size() == 0u);
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="device",code="RATE_LIMITED"})") == 2);
    w.admits = true;
    check_decided(w.concluded(i), verdict::valid);
    BOOST_TEST(w.uses.table.size() == 1u);
}

// The same in every state of the cache and for every form of secret.
BOOST_AUTO_TEST_CASE(unknown_and_wrong_are_the_same) {
    device_worker cold;
    asked wrong(cold.verifier), unknown(cold.verifier);
    BOOST_TEST(cold.must_look_up(wrong, "wrong"));
    cold.look_up(wrong, auth::lookup_status::found, device(of_sha256("right")));
    BOOST_TEST(cold.must_look_up(unknown, "wrong", "dev_2"));
    cold.look_up(unknown, auth::lookup_status::absent);
    check_decided(cold.concluded(wrong), verdict::invalid_credentials);
    check_decided(cold.concluded(unknown), verdict::invalid_credentials);
    // Now both are cached, and neither is looked up again.
    check_decided(cold.cached("wrong"), verdict::invalid_credentials);
    check_decided(cold.cached("wrong", {}, "dev_2"), verdict::invalid_credentials);
    BOOST_TEST(cold.store.device_look_ups == 2);
    BOOST_TEST(cold.valid_calls == 0);
}

// A fingerprint of zeros is what an unusable secret is compared with.
BOOST_AUTO_TEST_CASE(no_secret_opens_a_device_without_one) {
    device_worker w;
    w.know(device({}));
    check_decided(w.cached("right"), verdict::invalid_credentials);
    auth::device_claim claim = *w.verifier.claim("dev_1", "x");
    claim.secret = {};
    asked i(w.verifier);
    i.start(claim);
    check_decided(w.cached(i, auth::device_request()), verdict::invalid_credentials);
}

BOOST_AUTO_TEST_CASE(states_are_told_to_those_who_know_the_secret) {
    struct {
        const char* name;
        void (*change)(auth::device_facts&);
        verdict right;
    } const cases[] = {
        {"active", [](auth::device_facts&) {}, verdict::valid},
        {"disabled", [](auth::device_facts& f) { f.active = false; }, verdict::disabled},
        {"revoked", [](auth::device_facts& f) { f.revoked = true; }, verdict::revoked},
        {"organization", [](auth::device_facts& f) { f.organization_enabled = false; },
         verdict::organization_disabled},
        {"without the scope", [](auth::device_facts& f) { f.scopes.clear(); },
         verdict::insufficient_scopes},
    };
    const std::vector<std::string_view> scopes = {"read"};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            device_worker w;
            auto facts = device(of_sha256("right"));
            c.change(facts);
            w.know(facts);
            check_decided(w.cached("right", {scopes}), c.right);
            check_decided(w.cached("wrong", {scopes}), verdict::invalid_credentials);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_previous_secret_is_good_for_the_overlap) {
    device_worker w;
    auto facts = device(of_sha256("new"));
    facts.previous_secret = of_sha256("old");
    facts.previous_until = device_worker::now() + 1h;
    w.know(facts);
    check_decided(w.cached("new"), verdict::valid);
    check_decided(w.cached("old"), verdict::valid);
    check_decided(w.cached("other"), verdict::invalid_credentials);

    device_worker later;
    facts.previous_until = device_worker::now() - 1s;
    later.know(facts);
    check_decided(later.cached("new"), verdict::valid);
    check_decided(later.cached("old"), verdict::invalid_credentials);
}

BOOST_AUTO_TEST_CASE(a_change_has_it_looked_up_again) {
    device_worker w;
    w.know(device(of_sha256("right")));
    w.know_negative("dev_2");
    asked one(w.verifier), two(w.verifier);
    check_decided(w.cached(one, "right"), verdict::valid);
    check_decided(w.cached(two, "right", {}, "dev_2"), verdict::invalid_credentials);
    w.owner.device_changed(one.key, one.hash);
    w.owner.device_changed(two.key, two.hash);
    BOOST_TEST(w.must_look_up("right"));
    BOOST_TEST(w.must_look_up("right", "dev_2"));
}

// A failure is neither valid nor "no": nothing is decided.
BOOST_AUTO_TEST_CASE(a_failure_is_no_verdict_and_not_kept) {
    device_worker w;
    asked i(w.verifier);
    BOOST_TEST(w.must_look_up(i, "right"));
    w.look_up(i, auth::lookup_status::unavailable);
    BOOST_TEST(!w.concluded(i).value().what.has_value());
    BOOST_TEST(w.must_look_up("right"));
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="device",code="UNAVAILABLE"})") == 1);
    i.give_up();
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="device",code="UNAVAILABLE"})") == 2);
}

BOOST_AUTO_TEST_CASE(a_password_is_computed_once) {
    device_worker w;
    w.know(device(of_scrypt("right")));
    struct {
        const char* secret;
        verdict what;
        bool waits;
        int computed;
    } const cases[] = {{"right", verdict::valid, true, 1},
                       {"right", verdict::valid, false, 1},
                       {"wrong", verdict::invalid_credentials, true, 2},
                       {"wrong", verdict::invalid_credentials, false, 2}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.secret << ' ' << c.waits) {
            check_decided(w.password(c.secret), c.what);
            BOOST_TEST(w.waited == c.waits);
            BOOST_TEST(w.scrypt.computed->load() == c.computed);
        }
    }
    BOOST_TEST(w.store.device_look_ups == 1);
}

// The current password first, then the previous one. An outcome that is known costs nothing the
// next time.
BOOST_AUTO_TEST_CASE(two_passwords_are_tried_in_turn) {
    device_worker w;
    auto facts = device(of_scrypt("new"));
    facts.previous_secret = of_scrypt("old");
    facts.previous_until = device_worker::now() + 1h;
    w.know(facts);
    check_decided(w.password("old"), verdict::valid);
    BOOST_TEST(w.scrypt.computed->load() == 2);
    check_decided(w.password("new"), verdict::valid);
    BOOST_TEST(w.scrypt.computed->load() == 3);
    check_decided(w.password("neither"), verdict::invalid_credentials);
    BOOST_TEST(w.scrypt.computed->load() == 5);
    for (const char* again : {"old", "new", "neither"}) {
        w.password(again);
        BOOST_TEST(!w.waited);
    }
    BOOST_TEST(w.scrypt.computed->load() == 5);
}

// A generated secret costs no scrypt, even if the other form is scrypt.
BOOST_AUTO_TEST_CASE(a_generated_secret_beside_a_password_is_compared_at_once) {
    device_worker w;
    auto facts = device(of_sha256("new"));
    facts.previous_secret = of_scrypt("old");
    facts.previous_until = device_worker::now() + 1h;
    w.know(facts);
    check_decided(w.cached("new"), verdict::valid);
    check_decided(w.password("old"), verdict::valid);
    BOOST_TEST(w.scrypt.computed->load() == 1);
}

BOOST_AUTO_TEST_CASE(a_password_that_is_refused_its_turn_is_not_decided) {
    device_worker w;
    w.know(device(of_scrypt("right")));
    w.passwords.stop();
    BOOST_TEST(!w.password("right").what.has_value());
    BOOST_TEST(!w.waited);
    BOOST_TEST(w.metric(R"(auth_verdicts_total{kind="device",code="UNAVAILABLE"})") == 1);
}

BOOST_AUTO_TEST_CASE(says_why_a_password_is_refused) {
    device_worker w(0);
    w.know(device(of_scrypt("right")));
    const auto refused = w.password("right");
    BOOST_TEST(!w.waited);
    BOOST_TEST(!refused.what.has_value());
    BOOST_TEST(std::string(refused.reason).find("auth.scrypt_queue_max") != std::string::npos);
}

// Somebody vouches for the device: what counts is what the database says of it now.
BOOST_AUTO_TEST_CASE(a_known_device_needs_no_secret) {
    struct {
        const char* what;
        void (*change)(auth::device_facts&);
        verdict expected;
    } const cases[] = {
        {"good", [](auto&) {}, verdict::valid},
        {"by a password", [](auto& f) { f.secret = of_scrypt("right"); }, verdict::valid},
        {"revoked", [](auto& f) { f.revoked = true; }, verdict::revoked},
        {"disabled", [](auto& f) { f.active = false; }, verdict::disabled},
        {"of a closed organization", [](auto& f) { f.organization_enabled = false; },
         verdict::organization_disabled},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            device_worker w;
            auto facts = device(of_sha256("right"));
            c.change(facts);
            asked i(w.verifier);
            i.start(*w.verifier.claim_of_known("dev_1"));
            w.look_up(i, auth::lookup_status::found, facts);
            check_decided(w.concluded(i), c.expected);
            i.reset();
            i.start(*w.verifier.claim_of_known("dev_1"));
            check_decided(w.cached(i, auth::device_request{}), c.expected);
            BOOST_TEST(w.uses.table.size() == 0u);
        }
    device_worker w;
    asked i(w.verifier);
    i.start(*w.verifier.claim_of_known("dev_1"));
    w.look_up(i, auth::lookup_status::absent);
    check_decided(w.concluded(i), verdict::invalid_credentials);
    i.reset();
    i.start(*w.verifier.claim_of_known("dev_1"));
    check_decided(w.cached(i, auth::device_request{}), verdict::invalid_credentials);
    BOOST_TEST(!w.verifier.claim_of_known(""));
    BOOST_TEST(!w.verifier.claim_of_known(std::string(257, 'a')));
}

// The whole way: the look-up, and then the password.
BOOST_AUTO_TEST_CASE(a_password_is_checked_after_the_look_up) {
    struct {
        const char* secret;
        bool admits;
        verdict what;
    } const cases[] = {{"right", true, verdict::valid},
                       {"right", false, verdict::rate_limited},
                       {"wrong", true, verdict::invalid_credentials}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.secret << ' ' << c.admits) {
            device_worker w;
            w.admits = c.admits;
            asked i(w.verifier);
            for (int again = 0; again < 2; ++again) {
                i.terms.read = false;
                i.start(*w.verifier.claim("dev_1", c.secret));
                i.told = 0;
                w.look_up(i, auth::lookup_status::found, device(of_scrypt("right")));
                BOOST_TEST(!w.concluded(i).has_value());
                check_decided(w.password(i, c.secret), c.what);
                BOOST_TEST((i.source == auth::answer_source::miss));
                i.reset();
                BOOST_TEST(!i.needs_password());
            }
            BOOST_TEST(w.uses.table.size() == (c.what == verdict::valid ? 1u : 0u));
        }
    }
}

// A computation takes its time, and the old password ends to the instant all the same.
BOOST_AUTO_TEST_CASE(a_previous_password_that_ends_while_it_is_checked) {
    const auto end = device_worker::now() + 1h;
    const auto tick = core::real_time::duration(1);
    struct {
        const char* secret;
        core::real_time now;
        verdict what;
    } const cases[] = {{"old", end - tick, verdict::valid},
                       {"old", end, verdict::invalid_credentials},
                       {"new", end, verdict::valid}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.secret << ' ' << (c.now - end).count()) {
            device_worker w;
            auto facts = device(of_scrypt("new"));
            facts.previous_secret = of_scrypt("old");
            facts.previous_until = end;
            w.know(facts);
            asked i(w.verifier);
            BOOST_REQUIRE(!w.cached(i, c.secret).has_value());
            BOOST_REQUIRE(i.ask(c.secret, core::moment::now()));
            while (i.told == 0)
                w.pump();
            check_decided(i.conclude({}, c.now, w.shared()), c.what);
            std::vector<std::string> kinds;
            w.uses.table.drain([&](auth::credential_use&& use) { kinds.push_back(use.kind); });
            const std::vector<std::string> by_old = {"previous_device", "device"};
            const std::vector<std::string> by_new = {"device"};
            if (c.what != verdict::valid)
                BOOST_TEST(kinds.empty());
            else
                BOOST_TEST((kinds == (c.secret == std::string("old") ? by_old : by_new)));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
