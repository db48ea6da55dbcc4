#include "../support/no_log.hpp"

#include <latchkey/auth/usage/use_flush.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <string>

using namespace latchkey;
using namespace std::chrono_literals;
using auth::credential_kind;

namespace {

core::real_time at(int second) {
    return core::real_time(core::seconds(second));
}
core::fingerprint key_of(std::uint32_t n) {
    core::fingerprint key{};
    for (int i = 0; i < 4; ++i)
        key[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(n >> (8 * i));
    return key;
}

// Writes are answered by the test.
struct fake_use_store final : auth::use_store {
    std::map<std::string, auth::credential_use> rows; ///< by kind and id
    std::vector<auth::credential_use> asked;
    std::function<void(core::result<bool>)> done;
    std::size_t writes = 0;

    auth::operation<bool> write_uses(std::vector<auth::credential_use> uses) override {
        BOOST_TEST(!done); // writes do not overlap
        ++writes;
        asked = std::move(uses);
        co_return co_await core::called_back<core::result<bool>>(
            [&](auto called) { done = std::move(called); });
    }
    void succeed() {
        for (const auto& use : asked) {
            auto& row = rows[use.kind + ' ' + use.credential_id];
            row.count += use.count;
            row.last = std::max(row.last, use.last);
        }
        std::exchange(done, nullptr)(true);
    }
    // Refuses the whole write because the store never accepts one of its rows.
    void succeed_without(const std::string& id) {
        for (const auto& use : asked)
            if (use.credential_id == id)
                return std::exchange(done, nullptr)(
                    core::failure{core::failure_kind::invalid, "no good"});
        succeed();
    }
    void fail(core::failure_kind kind = core::failure_kind::unavailable) {
        std::exchange(done, nullptr)(core::failure{kind, "no"});
    }
};

// Two workers and the control thread; `pump` is their event loops.
struct process {
    explicit process(auth::use_configuration s = {}) : settings(s) {
        flush.watch(one, box_one);
        flush.watch(two, box_two);
    }
    // As at the end of the server: a write that is under way fails, which ends its coroutine.
    ~process() {
        if (store.done) store.fail();
    }
    void pump() {
        while (box_one.receive() || box_two.receive() || control.receive()) {
        }
    }
    void count(auth::use_counts& where, std::uint32_t n, int second = 1) {
        where.add(credential_kind::api_key, key_of(n), n * 7919, at(second),
                  [n] { return "key_" + std::to_string(n); });
    }
    void tick(core::steady_time now) {
        flush.tick(now);
        pump();
    }

    auth::use_configuration settings;
    test::no_log quiet;
    core::mailbox control{[] {}};
    core::mailbox box_one{[] {}};
    core::mailbox box_two{[] {}};
    auth::use_counts one{settings};
    auth::use_counts two{settings};
    fake_use_store store;
    auth::use_flush flush{settings, store, control, quiet};
    core::steady_time start{1s};
};

} // namespace

BOOST_AUTO_TEST_SUITE(use_flush)

BOOST_AUTO_TEST_CASE(a_table_counts_by_credential) {
    auth::use_table table(3000);
    for (int round = 1; round <= 3; ++round)
        for (std::uint32_t n = 0; n < 2000; ++n)
            // Few hashes, so that they collide.
            BOOST_TEST_REQUIRE(table.add(credential_kind::api_key, key_of(n), n % 50, at(round),
                                         [n] { return std::to_string(n); }));
    BOOST_TEST(table.size() == 2000u);
    std::size_t all = 0;
    table.drain([&](auth::credential_use&& use) {
        all += use.count == 3 && use.last == at(3) && use.kind == "api_key";
    });
    BOOST_TEST(all == 2000u);
    BOOST_TEST(table.empty());
    BOOST_TEST(table.add(credential_kind::token, key_of(1), 1, at(1), [] { return "a"; }));
    BOOST_TEST(table.add(credential_kind::device, key_of(1), 1, at(1), [] { return "b"; }));
    BOOST_TEST(table.size() == 2u);
}

// A device's two secrets have one fingerprint: that of its id.
BOOST_AUTO_TEST_CASE(uses_by_a_previous_secret_count_twice) {
    auth::use_table table(3000);
    const auto id = [] { return "d"; };
    BOOST_TEST(table.add(credential_kind::device, key_of(1), 1, at(1), id));
    BOOST_TEST(table.add(credential_kind::device, key_of(1), 1, at(2), id, true));
    BOOST_TEST(table.add(credential_kind::device, key_of(1), 1, at(3), id, true));
    BOOST_TEST(table.add(credential_kind::device, key_of(1), 1, at(4), id));
    std::map<std::string, std::uint64_t> counts;
    std::map<std::string, core::real_time> last;
    table.drain([&](auth::credential_use&& use) {
        BOOST_TEST(use.credential_id == "d");
        counts[use.kind] += use.count;
        last[use.kind] = std::max(last[use.kind], use.last);
    });
    BOOST_TEST(counts.size() == 2u);
    BOOST_TEST(counts["device"] == 4u);
    BOOST_TEST(counts["previous_device"] == 2u);
    BOOST_TEST((last["device"] == at(4)));
    BOOST_TEST((last["previous_device"] == at(3)));
}

BOOST_AUTO_TEST_CASE(a_table_is_bounded) {
    auth::use_table table(2);
    const auto add = [&](std::uint32_t n) {
        return table.add(credential_kind::api_key, key_of(n), n, at(1), [] { return "x"; });
    };
    BOOST_TEST(add(1));
    BOOST_TEST(add(2));
    BOOST_TEST(!add(3));
    BOOST_TEST(add(2));
    table.drain([](auth::credential_use&&) {});
    BOOST_TEST(add(3));
}

BOOST_AUTO_TEST_CASE(the_counts_of_all_workers_are_written_together_when_it_is_time) {
    process p;
    p.count(p.one, 1, 5);
    p.count(p.one, 1, 6);
    p.count(p.two, 1, 3);
    p.count(p.two, 2, 4);
    p.tick(p.start);
    p.tick(p.start + 9s);
    BOOST_TEST(p.store.writes == 0u);
    p.tick(p.start + 10s);
    BOOST_TEST(p.store.writes == 1u);
    BOOST_TEST(p.store.asked.size() == 2u);
    p.store.succeed();
    BOOST_TEST(p.store.rows["api_key key_1"].count == 3u);
    BOOST_TEST((p.store.rows["api_key key_1"].last == at(6)));
    BOOST_TEST(p.store.rows["api_key key_2"].count == 1u);
    // Nothing new, so nothing is written.
    p.tick(p.start + 20s);
    BOOST_TEST(p.store.writes == 1u);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_written_is_written_later) {
    process p;
    p.tick(p.start);
    p.count(p.one, 1, 1);
    p.tick(p.start + 10s);
    p.store.fail();
    p.count(p.two, 1, 2);
    p.tick(p.start + 20s);
    p.store.succeed();
    BOOST_TEST(p.store.rows["api_key key_1"].count == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_not_written_for_long_is_bounded) {
    process p({true, 10'000ms, 10});
    p.tick(p.start);
    for (int round = 1; round <= 5; ++round) {
        for (std::uint32_t n = 0; n < 10; ++n)
            p.count(p.one, n + 10 * static_cast<std::uint32_t>(round));
        p.tick(p.start + round * 10s);
        p.store.fail();
    }
    p.tick(p.start + 60s);
    BOOST_TEST(p.store.asked.size() == 20u);
    core::metric_sink sink;
    p.flush.collect(sink);
    BOOST_TEST(sink.prometheus().find("auth_uses_uncounted_total{reason=\"unwritten\"} 30") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(many_are_written_in_several_batches) {
    process p;
    p.tick(p.start);
    constexpr auto many = auth::use_flush::rows_per_write + 1;
    for (std::uint32_t n = 0; n < many; ++n)
        p.count(p.one, n);
    p.tick(p.start + 10s);
    BOOST_TEST(p.store.asked.size() == many - 1);
    p.store.succeed();
    BOOST_TEST(p.store.asked.size() == 1u);
    p.store.succeed();
    BOOST_TEST(p.store.rows.size() == many);
}

BOOST_AUTO_TEST_CASE(a_row_that_is_never_taken_keeps_no_other_out) {
    process p;
    p.tick(p.start);
    constexpr std::uint32_t many = 1000;
    for (std::uint32_t n = 0; n < many; ++n)
        p.count(p.one, n);
    p.tick(p.start + 10s);
    while (p.store.done)
        p.store.succeed_without("key_500");
    BOOST_TEST(p.store.rows.size() == many - 1);
    BOOST_TEST(p.store.writes < 50u);
    core::metric_sink sink;
    p.flush.collect(sink);
    BOOST_TEST(sink.prometheus().find("auth_uses_uncounted_total{reason=\"id\"} 1\n") !=
               std::string::npos);
    BOOST_TEST(p.flush.unwritten() == 0u);
}

// For example, a missing right: no row is to blame.
BOOST_AUTO_TEST_CASE(what_is_refused_for_another_reason_is_kept) {
    process p;
    p.tick(p.start);
    p.count(p.one, 1);
    p.tick(p.start + 10s);
    p.store.fail(core::failure_kind::internal);
    BOOST_TEST(p.store.writes == 1u);
    BOOST_TEST(p.flush.unwritten() == 1u);
    p.tick(p.start + 20s);
    p.store.succeed();
    BOOST_TEST(p.store.rows.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_id_that_no_index_takes_is_not_countable) {
    using auth::use_counts;
    BOOST_TEST(use_counts::is_countable(""));
    BOOST_TEST(use_counts::is_countable(std::string(512, 'x')));
    BOOST_TEST(!use_counts::is_countable(std::string(513, 'x')));
    BOOST_TEST(!use_counts::is_countable(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(an_end_to_counting_in_the_middle_of_a_write_loses_nothing) {
    process p;
    p.tick(p.start);
    p.count(p.one, 1);
    p.tick(p.start + 10s);
    p.count(p.one, 2);
    p.one.configure({.enabled = false});
    p.flush.configure({.enabled = false});
    p.store.fail();
    p.tick(p.start + 20s);
    BOOST_REQUIRE(p.store.writes == 2u);
    p.store.succeed();
    BOOST_TEST(p.store.rows.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_graceful_end_writes_what_there_is) {
    process p;
    p.tick(p.start);
    p.count(p.one, 1);
    p.tick(p.start + 10s);
    p.count(p.two, 2);
    BOOST_TEST(!p.flush.finish()); // a write is under way
    p.store.succeed();
    BOOST_TEST(!p.flush.finish());
    p.pump();
    BOOST_TEST(!p.flush.finish());
    p.store.succeed();
    BOOST_TEST(p.flush.finish());
    BOOST_TEST(p.store.rows.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_end_without_a_database_is_an_end) {
    process p;
    p.count(p.one, 1);
    BOOST_TEST(!p.flush.finish());
    p.pump();
    p.store.fail();
    BOOST_TEST(p.flush.finish());
}

BOOST_AUTO_TEST_CASE(switched_off_it_counts_and_writes_nothing) {
    process p({false});
    p.count(p.one, 1);
    BOOST_TEST(p.one.table.empty());
    p.tick(p.start);
    p.tick(p.start + 60s);
    BOOST_TEST(!p.flush.finish());
    p.pump();
    BOOST_TEST(p.flush.finish());
    BOOST_TEST(p.store.writes == 0u);
}

BOOST_AUTO_TEST_CASE(a_shorter_interval_counts_from_its_coming) {
    process p({.flush_interval = 1h});
    p.tick(p.start);
    p.count(p.one, 1);
    p.flush.configure({.flush_interval = 1s});
    p.tick(p.start + 10s);
    BOOST_TEST(p.store.writes == 0u);
    p.tick(p.start + 11s);
    BOOST_TEST(p.store.writes == 1u);
    p.store.succeed();
}

BOOST_AUTO_TEST_CASE(an_end_to_counting_writes_what_was_counted) {
    process p;
    p.tick(p.start);
    p.count(p.one, 1);
    p.one.configure({.enabled = false});
    p.flush.configure({.enabled = false});
    p.count(p.one, 2);
    p.pump();
    BOOST_REQUIRE(p.store.writes == 1u);
    p.store.succeed();
    BOOST_TEST(p.store.rows.size() == 1u);
    // At the end the workers are asked once more, and there is nothing to write.
    BOOST_TEST(!p.flush.finish());
    p.pump();
    BOOST_TEST(p.flush.finish());
    BOOST_TEST(p.store.writes == 1u);
}

BOOST_AUTO_TEST_CASE(another_bound_stays_with_its_worker) {
    process p({.credentials_max = 1});
    p.tick(p.start);
    p.one.configure({.credentials_max = 2});
    for (int round = 1; round <= 2; ++round) {
        p.count(p.one, 1);
        p.count(p.one, 2);
        BOOST_TEST(p.one.uncounted.value() == 0u);
        p.tick(p.start + round * 10s);
        p.store.succeed();
    }
}

BOOST_AUTO_TEST_SUITE_END()
