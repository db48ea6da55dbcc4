#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/token_claims.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

using namespace latchkey;
using namespace std::chrono_literals;
using auth::revocation_kind;
using auth::token_standing;

namespace {

core::real_time at(std::int64_t seconds) {
    return core::real_time(core::seconds(seconds));
}

auth::token_claims claims(const std::string& token_id, const std::string& subject = "s") {
    auth::token_claims c;
    c.issuer = "i";
    c.token_id = token_id;
    c.subject = subject;
    c.organization_id = "o";
    return c;
}

auth::revocation_change change(revocation_kind kind, std::string value,
                               std::optional<core::real_time> issued_before = {},
                               std::optional<core::real_time> expires = {}) {
    const bool of_issuer = kind == revocation_kind::token || kind == revocation_kind::subject;
    return {{kind, of_issuer ? "i" : "", std::move(value), issued_before, expires, at(1000)},
            false};
}

struct one_set {
    core::epochs readers{1};
    auth::revocation_set set{readers, 7, 10'000, 3600s};

    token_standing check(const auth::token_claims& c, bool own = false,
                         std::optional<core::real_time> issued = at(500),
                         core::real_time now = core::real_time::max()) {
        const core::epochs::reader::pin pinned(readers.at(0));
        return set.check(set.keys_of(c, own), issued, 30s, now);
    }
    /// Prunes what has expired at `now`.
    void prune(core::real_time now) { set.prune(now + 60s); }
    bool revoked(const std::string& token_id) {
        return check(claims(token_id)) == token_standing::revoked;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(revocation_set, one_set)

BOOST_AUTO_TEST_CASE(each_kind_is_found_by_its_own_ids) {
    BOOST_TEST((check(claims("t")) == token_standing::good));
    set.apply(change(revocation_kind::credential, "s"));
    BOOST_TEST((check(claims("t")) == token_standing::good));
    BOOST_TEST((check(claims("t"), true) == token_standing::revoked));
    set.apply(change(revocation_kind::disabled_organization, "o"));
    BOOST_TEST((check(claims("t")) == token_standing::organization_disabled));
    // A permanent revocation is reported first.
    BOOST_TEST((check(claims("t"), true) == token_standing::revoked));
    set.apply(change(revocation_kind::token, "t"));
    BOOST_TEST((check(claims("t")) == token_standing::revoked));
    auto other = claims("t");
    other.issuer = "j";
    other.organization_id.reset();
    BOOST_TEST((check(other) == token_standing::good));
}

// A token of ours falls with each token that it was made from. Another issuer's subject is no
// credential of ours.
BOOST_AUTO_TEST_CASE(a_made_token_is_found_by_what_it_was_made_from) {
    auto made = claims("t");
    made.made_from = auth::credential_kind::api_key;
    made.subject_token_id = "first";
    made.exchanged_token_id = "second";
    auto of_another = made;
    of_another.subject_issuer = "j";
    of_another.made_from.reset();
    const auto of_j = [](revocation_kind kind, std::string value) {
        auto out = change(kind, std::move(value));
        out.what.issuer = "j";
        return out;
    };
    const struct {
        const char* what;
        auth::revocation_change change;
        bool of_ours, of_another;
    } table[] = {
        {"itself", change(revocation_kind::token, "t"), true, true},
        {"the first", change(revocation_kind::token, "first"), true, false},
        {"the other issuer's first", of_j(revocation_kind::token, "first"), false, true},
        {"the second", change(revocation_kind::token, "second"), true, true},
        {"the other issuer's second", of_j(revocation_kind::token, "second"), false, false},
        {"our subject", change(revocation_kind::subject, "s"), true, false},
        {"the other's subject", of_j(revocation_kind::subject, "s"), false, true},
        {"our credential", change(revocation_kind::credential, "s"), true, false},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            set.apply(row.change);
            BOOST_TEST((check(made, true) == token_standing::revoked) == row.of_ours);
            BOOST_TEST((check(of_another, true) == token_standing::revoked) == row.of_another);
            auto withdrawn = row.change;
            withdrawn.withdrawn = true;
            set.apply(withdrawn);
            BOOST_TEST((check(made, true) == token_standing::good));
        }
}

// "Issued before T" compares iat with ceil(T) and the leeway.
BOOST_AUTO_TEST_CASE(issued_before) {
    set.apply(change(revocation_kind::subject, "s", at(1000) + 1ms));
    struct {
        std::optional<core::real_time> issued;
        token_standing expected;
    } const cases[] = {{at(999), token_standing::revoked},
                       {at(1001), token_standing::revoked},
                       {at(1031), token_standing::revoked},
                       {at(1032), token_standing::good},
                       {std::nullopt, token_standing::revoked}};
    for (const auto& c : cases)
        BOOST_TEST((check(claims("t"), false, c.issued) == c.expected));
    // The later time counts.
    set.apply(change(revocation_kind::subject, "s", at(2000)));
    BOOST_TEST((check(claims("t"), false, at(1032)) == token_standing::revoked));
}

BOOST_AUTO_TEST_CASE(it_grows_and_gives_back_what_has_expired) {
    for (int i = 0; i < 9000; ++i)
        set.apply(change(revocation_kind::token, std::to_string(i), {},
                         i % 2 == 0 ? std::optional(at(2000)) : std::nullopt));
    BOOST_TEST(set.entries.value() == 9000);
    for (int i = 0; i < 9000; ++i)
        BOOST_REQUIRE(revoked(std::to_string(i)));
    for (int i = 9000; i < 20'000; ++i)
        BOOST_REQUIRE(!revoked(std::to_string(i)));
    const auto full = set.bytes.value();
    prune(at(1999));
    BOOST_TEST(set.entries.value() == 9000);
    // Their tokens are good until the longest leeway is over.
    prune(at(2060));
    BOOST_TEST(set.entries.value() == 9000);
    // Half of them have a date of their own, which has come.
    prune(at(2061));
    BOOST_TEST(set.entries.value() == 4500);
    BOOST_TEST(set.bytes.value() < full);
    BOOST_TEST(!revoked("0"));
    BOOST_TEST(revoked("1"));
    // The others are kept for the longest life of a token after they were made.
    prune(at(1000 + 3599));
    BOOST_TEST(revoked("1"));
    prune(at(1000 + 3600));
    BOOST_TEST(set.entries.value() == 0);
    BOOST_TEST(!revoked("1"));
}

// A longer life also applies to revocations that are already there.
BOOST_AUTO_TEST_CASE(the_longest_life_of_a_token_may_change) {
    set.apply(change(revocation_kind::token, "t"));
    set.set_token_lives(auth::token_lives::of_all(7200s));
    prune(at(1000 + 7199));
    BOOST_TEST(revoked("t"));
    set.set_token_lives(auth::token_lives::of_all(60s));
    prune(at(1000 + 60));
    BOOST_TEST(!revoked("t"));
}

// One issuer's tokens live for ever, and so do their revocations, but no others.
BOOST_AUTO_TEST_CASE(each_issuers_revocations_live_as_long_as_its_tokens) {
    auth::token_lives lives = auth::token_lives::of_all(3600s);
    lives.issuers = {{"endless", auth::unbounded_life}, {"short", 60s}};
    set.set_token_lives(lives);
    const auto of = [](const std::string& issuer) {
        auto c = claims("t");
        c.issuer = issuer;
        c.organization_id.reset();
        return c;
    };
    for (const auto* issuer : {"endless", "short", "unknown"})
        set.apply({{revocation_kind::token, issuer, "t", {}, {}, at(1000)}, false});
    set.apply(change(revocation_kind::organization, "o"));
    set.apply(change(revocation_kind::credential, "c"));
    BOOST_TEST(set.entries.value() == 6); // the credential's kind is unknown: it counts for both
    prune(at(1000 + 3599));
    BOOST_TEST((check(of("unknown")) == token_standing::revoked));
    prune(at(1000 + 3600));
    BOOST_TEST(set.entries.value() == 1);
    prune(at(9'000'000'000));
    BOOST_TEST((check(of("endless")) == token_standing::revoked));
    // A revocation with a date of its own expires by that date.
    set.apply({{revocation_kind::token, "endless", "u", {}, at(2000), at(1000)}, false});
    prune(at(9'000'000'000));
    BOOST_TEST(set.entries.value() == 1);
    // Bounded from now on, it expires as the others.
    set.set_token_lives(auth::token_lives::of_all(3600s));
    prune(at(9'000'000'000));
    BOOST_TEST(set.entries.value() == 0);
}

BOOST_AUTO_TEST_CASE(organizations_live_as_long_as_any_token_that_may_name_them) {
    auth::token_lives lives = auth::token_lives::of_all(3600s);
    lives.organizations = auth::unbounded_life;
    set.set_token_lives(lives);
    set.apply(change(revocation_kind::organization, "o", at(600)));
    set.apply(change(revocation_kind::disabled_organization, "p"));
    set.apply(change(revocation_kind::credential, "c"));
    prune(at(9'000'000'000));
    BOOST_TEST(set.entries.value() == 2);
    BOOST_TEST((check(claims("t")) == token_standing::revoked));
}

// Every spelling names the same organization. Withdrawing one spelling leaves the others.
BOOST_AUTO_TEST_CASE(an_organization_has_many_spellings) {
    const std::string canonical = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    const std::string upper = "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}";
    auto c = claims("t");
    c.organization_id = canonical;
    set.apply(change(revocation_kind::organization, upper));
    BOOST_TEST((check(c) == token_standing::good));
    set.forget();
    set.set_organization_ids(auth::organization_form::uuid);
    const auto tell = [&](const std::string& id, bool withdrawn,
                          std::optional<core::real_time> before = {}) {
        auto told = change(revocation_kind::organization, id, before);
        told.withdrawn = withdrawn;
        set.apply(told);
        return check(c);
    };
    BOOST_TEST((tell(upper, false, at(100)) == token_standing::good)); // issued at 500
    BOOST_TEST((tell(canonical, false) == token_standing::revoked));
    BOOST_TEST((tell(canonical, true) == token_standing::good));
    BOOST_TEST((tell(upper, false) == token_standing::revoked));
    BOOST_TEST((tell(canonical, false, at(100)) == token_standing::revoked));
    BOOST_TEST((tell(canonical, true) == token_standing::revoked));
    BOOST_TEST((tell(upper, true) == token_standing::good));
    BOOST_TEST((tell(upper, true) == token_standing::good));
    BOOST_TEST(set.entries.value() == 1);
    set.apply(change(revocation_kind::disabled_organization, upper));
    BOOST_TEST((check(c) == token_standing::organization_disabled));
    // It is pruned with the others.
    tell(upper, false);
    prune(at(1000 + 3600));
    BOOST_TEST(set.entries.value() == 0);
    BOOST_TEST((tell(canonical, false, at(100)) == token_standing::good));
}

// A narrowed credential's older tokens end for good; its newer ones, and what else becomes of the
// credential, are another matter.
BOOST_AUTO_TEST_CASE(lower_generations_end_and_stay_ended) {
    using auth::credential_kind;
    auto of = [&](credential_kind kind, std::uint32_t generation) {
        auto c = claims("t", "key_1");
        c.made_from = kind;
        const core::epochs::reader::pin pinned(readers.at(0));
        return set.check(set.keys_of(c, true), at(500), 30s, core::real_time::max(), generation) ==
               token_standing::revoked;
    };
    const auto end = [&](std::uint32_t below, std::int64_t told = 1000) {
        set.apply({{revocation_kind::credential,
                    {},
                    "key_1",
                    {},
                    {},
                    at(told),
                    credential_kind::api_key,
                    below},
                   false});
    };
    const auto revoke = [&](bool withdrawn, std::optional<core::real_time> before = {}) {
        set.apply({{revocation_kind::credential,
                    {},
                    "key_1",
                    before,
                    {},
                    at(1000),
                    credential_kind::api_key},
                   withdrawn});
    };
    const auto key = credential_kind::api_key;
    BOOST_TEST(!of(key, 0));
    end(2);
    BOOST_TEST(of(key, 0));
    BOOST_TEST(of(key, 1));
    BOOST_TEST(!of(key, 2));
    BOOST_TEST(!of(key, 4'000'000'000));
    BOOST_TEST(!of(credential_kind::device, 0)); // of the same id
    end(1);                                      // told late
    BOOST_TEST(of(key, 1));

    // Disabled, and enabled again.
    revoke(false);
    BOOST_TEST(of(key, 2));
    BOOST_TEST(of(key, 4'294'967'295));
    end(3);
    revoke(true);
    BOOST_TEST(of(key, 2));
    BOOST_TEST(!of(key, 3));
    // By time, as somebody may have it written.
    revoke(false, at(400));
    BOOST_TEST(!of(key, 3));
    revoke(false, at(500));
    BOOST_TEST(of(key, 3));
    revoke(true);
    BOOST_TEST(!of(key, 3));
    BOOST_TEST(set.entries.value() == 1);

    // It is kept for as long as the last news of it says.
    end(4, 2000);
    revoke(true);
    prune(at(1000 + 3600));
    BOOST_TEST(of(key, 3));
    prune(at(2000 + 3600));
    BOOST_TEST(set.entries.value() == 0);
    // A withdrawal of what is not known leaves nothing behind.
    revoke(true);
    BOOST_TEST(set.entries.value() == 0);
}

BOOST_AUTO_TEST_CASE(many_generations_survive_growth) {
    for (int i = 0; i < 5000; ++i)
        set.apply({{revocation_kind::credential,
                    {},
                    "key_" + std::to_string(i),
                    {},
                    {},
                    at(1000),
                    auth::credential_kind::device,
                    7},
                   false});
    const core::epochs::reader::pin pinned(readers.at(0));
    for (int i = 0; i < 5000; ++i) {
        auto c = claims("t", "key_" + std::to_string(i));
        c.made_from = auth::credential_kind::device;
        const auto keys = set.keys_of(c, true);
        const auto standing = [&](std::uint32_t generation) {
            return set.check(keys, at(500), 30s, core::real_time::max(), generation);
        };
        BOOST_TEST_REQUIRE((standing(6) == token_standing::revoked));
        BOOST_TEST_REQUIRE((standing(7) == token_standing::good));
    }
}

// An answer that arrives after newer news undoes nothing.
BOOST_AUTO_TEST_CASE(the_later_of_two_times_counts) {
    set.apply(change(revocation_kind::subject, "s", at(2000)));
    auto late = change(revocation_kind::subject, "s", at(1000));
    late.at_least = true;
    set.apply(late);
    BOOST_TEST((check(claims("t"), false, at(1900)) == token_standing::revoked));
    set.apply(change(revocation_kind::subject, "s", at(1000)));
    BOOST_TEST((check(claims("t"), false, at(1900)) == token_standing::good));
}

BOOST_AUTO_TEST_CASE(what_is_withdrawn_holds_no_more) {
    auto c = change(revocation_kind::token, "t");
    set.apply(c);
    c.withdrawn = true;
    set.apply(c);
    BOOST_TEST(!revoked("t"));
    c.withdrawn = false;
    set.apply(c);
    BOOST_TEST(revoked("t"));
    BOOST_TEST(set.entries.value() == 1);
    auto unknown = change(revocation_kind::token, "u");
    unknown.withdrawn = true;
    set.apply(unknown);
    BOOST_TEST(set.entries.value() == 1);
    set.forget();
    BOOST_TEST(!revoked("t"));
    BOOST_TEST(set.entries.value() == 0);
}

// A set that is not whole decides nothing.
BOOST_AUTO_TEST_CASE(past_the_bound_nothing_is_known) {
    for (int i = 0; i < 10'000; ++i)
        set.apply(change(revocation_kind::token, std::to_string(i)));
    BOOST_TEST(set.whole());
    BOOST_TEST(revoked("7"));
    // An eighth more is accepted, since some may have expired.
    for (int i = 0; i < 1250; ++i)
        set.apply(change(revocation_kind::token, "more " + std::to_string(i)));
    set.apply(change(revocation_kind::token, "7"));
    BOOST_TEST(set.whole());
    set.apply(change(revocation_kind::token, "one more"));
    BOOST_TEST(!set.whole());
    BOOST_TEST((check(claims("7")) == token_standing::unknown));
    BOOST_TEST((check(claims("x")) == token_standing::unknown));
    BOOST_TEST(!set.has_room());
    set.forget();
    BOOST_TEST(set.whole());
    BOOST_TEST(set.has_room());
    BOOST_TEST((check(claims("x")) == token_standing::good));
}

// Expired revocations make room before that.
BOOST_AUTO_TEST_CASE(the_dead_count_for_no_bound) {
    for (int i = 0; i < 10'000; ++i)
        set.apply(change(revocation_kind::token, std::to_string(i), {}, at(500)));
    set.set_clock(at(1000));
    for (int i = 0; i < 10'000; ++i)
        set.apply(change(revocation_kind::token, "n" + std::to_string(i)));
    BOOST_TEST(set.whole());
    BOOST_TEST(revoked("n1"));
}

// Past the bound, each row still costs the same: no entry is searched again and again.
BOOST_AUTO_TEST_CASE(each_row_costs_as_much_past_the_bound) {
    const auto apply = [&](int from, int to, std::optional<core::real_time> expires = {}) {
        const auto before = set.looks();
        for (int i = from; i < to; ++i)
            set.apply(change(revocation_kind::token, std::to_string(i), {}, expires));
        return set.looks() - before;
    };
    // One in eight expires just when there is no room, again and again.
    set.set_clock(at(0));
    std::uint64_t looks = apply(0, 8900, at(1'000'000));
    for (int round = 0; round < 100; ++round) {
        looks += apply(20'000 + round * 1000, 21'000 + round * 1000, at(100'000 + round * 100));
        set.set_clock(at(100'000 + round * 100 + 160));
    }
    BOOST_TEST(set.whole());
    BOOST_TEST(looks > 0u);
    BOOST_TEST(looks <= 10u * (8900 + 100 * 1000));
    // Nothing expires any more.
    BOOST_TEST(apply(200'000, 300'000, at(1'000'000)) <= 22'500u);
    BOOST_TEST(!set.whole());
    BOOST_TEST(set.entries.value() <= 11'250);
    // The set is whole again when enough has expired and all was read anew.
    set.forget();
    for (int i = 0; i < 12'000; ++i)
        set.apply(change(revocation_kind::token, std::to_string(i), {},
                         at(i % 4 == 0 ? 200'000 : 300'000)));
    BOOST_TEST(!set.whole());
    prune(at(200'061));
    BOOST_TEST(!set.whole());
    BOOST_TEST(set.has_room());
}

// The clock is an hour ahead for a minute: what is forgotten meanwhile does not count as good
// later.
BOOST_AUTO_TEST_CASE(a_clock_that_was_ahead_forgets_nothing_for_good) {
    const auto t = at(10'000);
    const auto standing = [&](core::real_time now) {
        return check(claims("t"), false, at(500), now);
    };
    const auto told = change(revocation_kind::token, "t", {}, t + 600s);
    set.prune(t);
    set.apply(told);
    set.prune(t + 3600s);
    BOOST_TEST(set.entries.value() == 0);
    BOOST_TEST((standing(t + 3600s) == token_standing::good)); // and has expired
    BOOST_TEST(!set.forgot_what_lives(t + 3600s));
    BOOST_TEST(set.forgot_what_lives(t + 60s));
    BOOST_TEST((standing(t + 60s) == token_standing::unknown));
    // Read anew with the clock still ahead, it is left out, and its standing stays unknown.
    set.forget();
    set.apply(told);
    BOOST_TEST(set.entries.value() == 0);
    BOOST_TEST((standing(t + 60s) == token_standing::unknown));
    // Then it is read with the right clock.
    set.set_clock(t + 60s);
    set.forget();
    set.apply(told);
    BOOST_TEST(!set.forgot_what_lives(t + 60s));
    BOOST_TEST((standing(t + 60s) == token_standing::revoked));
    // Setting the clock back by a few seconds makes nothing unknown.
    set.prune(t + 3600s);
    BOOST_TEST((standing(t + 3545s) == token_standing::good));
    BOOST_TEST((standing(t + 3539s) == token_standing::unknown));
}

// A reload may bring longer lives: revocations that had expired before are read anew.
BOOST_AUTO_TEST_CASE(lives_that_grow_are_noticed) {
    auto lives = auth::token_lives::of_all(3600s);
    lives.issuers = {{"long", 7200s}, {"short", 60s}};
    const auto with = [&](auto change) {
        auto other = lives;
        change(other);
        return other.exceed(lives);
    };
    BOOST_TEST(!lives.exceed(lives));
    BOOST_TEST(with([](auto& l) { l.own = 3601s; }));
    BOOST_TEST(with([](auto& l) { l.others = 3601s; }));
    BOOST_TEST(with([](auto& l) { l.organizations = auth::unbounded_life; }));
    BOOST_TEST(with([](auto& l) { l.issuers["long"] = 7201s; }));
    BOOST_TEST(with([](auto& l) { l.issuers["new"] = 3601s; }));
    BOOST_TEST(with([](auto& l) { l.issuers.erase("short"); }));
    BOOST_TEST(!with([](auto& l) { l.issuers.erase("long"); }));
    BOOST_TEST(!with([](auto& l) { l.issuers["new"] = 3600s; }));
    BOOST_TEST(!with([](auto& l) { l.own = 1s; }));
    set.apply(change(revocation_kind::token, "t"));
    prune(at(1000));
    BOOST_TEST(!set.forgot_some());
    prune(at(1000 + 3600));
    BOOST_TEST(set.forgot_some());
    set.forget();
    BOOST_TEST(!set.forgot_some());
}

// Spellings of organizations follow the same clock.
BOOST_AUTO_TEST_CASE(an_organizations_spelling_is_not_forgotten_for_good) {
    set.set_organization_ids(auth::organization_form::uuid);
    set.apply(change(revocation_kind::organization, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
    prune(at(1000 + 3600));
    BOOST_TEST(set.forgot_what_lives(at(1000)));
    BOOST_TEST(!set.forgot_what_lives(at(1000 + 3600)));
}

BOOST_AUTO_TEST_CASE(ids_are_not_mixed_up) {
    // The same letters, divided differently.
    auto a = claims("t");
    a.issuer = "ab";
    a.subject = "c";
    auto b = a;
    b.issuer = "a";
    b.subject = "bc";
    set.apply({{revocation_kind::subject, "ab", "c", {}, {}, at(1000)}, false});
    BOOST_TEST((check(a) == token_standing::revoked));
    BOOST_TEST((check(b) == token_standing::good));
    // A text, and the same text with a zero byte at its end.
    set.apply(change(revocation_kind::token, "x"));
    BOOST_TEST(revoked("x"));
    BOOST_TEST(!revoked(std::string("x\0", 2)));
    BOOST_TEST(!revoked(""));
}

// For the sanitizers: a reader finds every key that was there before it began to look, while the
// table grows, is pruned and is read anew.
BOOST_AUTO_TEST_CASE(readers_and_the_writer_at_once) {
    std::atomic<int> written{0};
    std::atomic<bool> done{false};
    std::atomic<int> missed{0};
    std::thread reader([&] {
        for (unsigned i = 0; !done; ++i) {
            const auto there = written.load();
            if (there == 0) continue;
            const auto id = std::to_string(i % static_cast<unsigned>(there));
            if (!revoked(id)) ++missed;
            if (revoked("absent")) ++missed;
        }
    });
    for (int i = 0; i < 9000; ++i) {
        set.apply(change(revocation_kind::token, std::to_string(i)));
        auto gone = change(revocation_kind::token, "absent");
        gone.withdrawn = true;
        set.apply(gone);
        written = i + 1;
        if (i % 1000 == 0) prune(at(1500));
    }
    done = true;
    reader.join();
    BOOST_TEST(missed == 0);
}

BOOST_AUTO_TEST_SUITE_END()
