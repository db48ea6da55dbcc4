#include <latchkey/core/cache/concurrent_cache.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

core::fingerprint key_of(std::uint64_t n) {
    core::fingerprint key{};
    std::memcpy(key.data(), &n, sizeof n);
    return key;
}

// Counts how many values are alive.
struct value {
    static inline int alive = 0;
    explicit value(int v) : number(v) { ++alive; }
    value(value&& other) noexcept : number(other.number) { ++alive; }
    ~value() { --alive; }
    int number;
};

constexpr std::size_t entry_bytes = core::concurrent_cache<value>::entry_size();

struct cache_of_one {
    // With seed 1 all hashes of these keys are equal; use another seed for more than a few keys.
    explicit cache_of_one(std::size_t bytes, std::size_t owner_cores = 1, std::uint64_t seed = 1)
        : where(seed, owner_cores), readers(2), cache({bytes, entry_bytes}, where, readers) {}

    bool fill(std::uint64_t n, int v, core::nanoseconds ttl = 1h, std::size_t extra = 0) {
        const auto key = key_of(n);
        return cache.fill(key, where.hash(key), value(v), extra, now + ttl);
    }
    bool erase(std::uint64_t n) { return cache.erase(key_of(n), where.hash(key_of(n))); }
    /// Returns -1 if it is not found.
    int read(std::uint64_t n) {
        int seen = -1;
        cache.read(readers.at(0), key_of(n), where.hash(key_of(n)), now, [&](const auto& found) {
            seen = found.value.number;
            return true;
        });
        return seen;
    }

    core::boot_time now{1h};
    core::placement where;
    core::epochs readers;
    core::concurrent_cache<value> cache;
};

} // namespace

BOOST_AUTO_TEST_SUITE(concurrent_cache)

BOOST_AUTO_TEST_CASE(what_was_filled_is_found_until_it_expires) {
    cache_of_one c(1 << 20);
    BOOST_TEST(c.read(1) == -1);
    BOOST_TEST(c.fill(1, 10, 5s));
    BOOST_TEST(c.read(1) == 10);
    BOOST_TEST(c.read(2) == -1);
    c.now += 5s - 1ns;
    BOOST_TEST(c.read(1) == 10);
    c.now += 1ns;
    BOOST_TEST(c.read(1) == -1);
    // A new value replaces it.
    BOOST_TEST(c.fill(1, 11));
    BOOST_TEST(c.read(1) == 11);
    BOOST_TEST(c.cache.shard(0).entries.value() == 1);
    BOOST_TEST(c.erase(1));
    BOOST_TEST(!c.erase(1));
    BOOST_TEST(c.read(1) == -1);
}

BOOST_AUTO_TEST_CASE(a_reader_may_turn_an_entry_down) {
    cache_of_one c(1 << 20);
    c.fill(1, 10);
    const auto key = key_of(1);
    const auto refused = c.cache.read(c.readers.at(0), key, c.where.hash(key), c.now,
                                      [](const auto&) { return false; });
    BOOST_TEST(!refused);
}

BOOST_AUTO_TEST_CASE(one_caller_gets_to_refresh) {
    cache_of_one c(1 << 20);
    c.fill(1, 10);
    const auto key = key_of(1);
    const auto claim = [&] {
        bool mine = false;
        c.cache.read(c.readers.at(0), key, c.where.hash(key), c.now, [&](const auto& found) {
            mine = found.claim_refresh();
            return true;
        });
        return mine;
    };
    BOOST_TEST(claim());
    BOOST_TEST(!claim());
    c.cache.refresh_failed(key, c.where.hash(key));
    BOOST_TEST(claim());
    c.fill(1, 11);
    BOOST_TEST(claim());
}

// Compares with a plain map, using a table so small that most buckets overflow.
BOOST_AUTO_TEST_CASE(random_changes_agree_with_a_plain_map) {
    std::mt19937 random(42); // NOLINT: the same every time
    const int before = value::alive;
    {
        cache_of_one c(64 << 10, 2);
        std::map<std::uint64_t, int> expected;
        for (int i = 0; i < 50'000; ++i) {
            const std::uint64_t n = random() % 40;
            if (random() % 3 == 0) {
                BOOST_TEST(c.erase(n) == (expected.erase(n) == 1));
            } else {
                c.fill(n, i);
                expected[n] = i;
            }
            const std::uint64_t asked = random() % 40;
            const auto found = expected.find(asked);
            BOOST_REQUIRE(c.read(asked) == (found == expected.end() ? -1 : found->second));
        }
        for (std::size_t owner = 0; owner < 2; ++owner)
            BOOST_TEST(c.cache.shard(owner).evictions.value() == 0u);
    }
    BOOST_TEST(value::alive == before);
}

BOOST_AUTO_TEST_CASE(memory_stays_within_its_bound) {
    for (const std::size_t bytes : {16u << 10, 64u << 10, 1u << 20}) {
        BOOST_TEST_CONTEXT(bytes << " bytes") {
            std::mt19937 random(7); // NOLINT: the same every time
            cache_of_one c(bytes);
            auto& shard = c.cache.shard(0);
            for (std::uint64_t n = 0; n < 20'000; ++n) {
                c.fill(n, 1, 1h, random() % 1000);
                const auto all = shard.bytes.value() + shard.retired_bytes.value();
                BOOST_REQUIRE(all <= static_cast<std::int64_t>(bytes));
                BOOST_REQUIRE(shard.entries.value() > 0);
            }
            BOOST_TEST(shard.evictions.value() > 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_larger_than_the_cache_is_refused_and_replaces_nothing_with_old) {
    cache_of_one c(64 << 10);
    c.fill(1, 10);
    BOOST_TEST(!c.fill(1, 11, 1h, 64 << 10));
    BOOST_TEST(c.read(1) == -1);
    BOOST_TEST(c.cache.shard(0).refused.value() == 1u);
}

BOOST_AUTO_TEST_CASE(a_reader_that_stays_holds_memory_and_past_the_bound_fills_are_refused) {
    const int before = value::alive;
    cache_of_one c(64 << 10);
    auto& shard = c.cache.shard(0);
    bool refused = false;
    {
        const core::epochs::reader::pin pinned(c.readers.at(1));
        for (std::uint64_t n = 0; n < 10'000 && !refused; ++n)
            refused = !c.fill(n, 1);
        BOOST_TEST(refused);
        BOOST_TEST(shard.retired_bytes.value() > 0);
        BOOST_TEST(shard.bytes.value() + shard.retired_bytes.value() <= 64 << 10);
    }
    shard.reclaim();
    BOOST_TEST(shard.retired_bytes.value() == 0);
    BOOST_TEST(value::alive - before == shard.entries.value());
    BOOST_TEST(c.fill(1, 1));
}

BOOST_AUTO_TEST_CASE(one_pass_over_many_keys_evicts_nothing_that_is_in_use) {
    cache_of_one c(256 << 10);
    constexpr std::uint64_t hot = 100;
    for (std::uint64_t n = 0; n < hot; ++n)
        c.fill(n, 1);
    for (int round = 0; round < 20; ++round) {
        for (std::uint64_t n = 0; n < hot; ++n)
            BOOST_TEST(c.read(n) == 1);
        for (std::uint64_t n = 0; n < 1000; ++n)
            c.fill(1'000'000 + static_cast<std::uint64_t>(round) * 1000 + n, 2);
    }
    BOOST_TEST(c.cache.shard(0).evictions.value() > 15'000u);
}

// Every entry was asked for since it came in; still a fill does not go through all of them.
BOOST_AUTO_TEST_CASE(one_fill_looks_at_few_entries) {
    cache_of_one c(4 << 20, 1, 7);
    auto& shard = c.cache.shard(0);
    std::uint64_t filled = 0;
    while (shard.evictions.value() == 0)
        c.fill(filled++, 1);
    for (std::uint64_t n = 0; n < filled; ++n)
        c.read(n);
    BOOST_TEST(filled > 10'000u);
    std::uint64_t most = 0;
    for (std::uint64_t n = 0; n < 2 * filled; ++n) {
        const auto before = shard.looks();
        BOOST_TEST(c.fill(1'000'000 + n, 1));
        most = std::max(most, shard.looks() - before);
        c.read(1'000'000 + n);
    }
    BOOST_TEST(most > 1u);
    BOOST_TEST(most <= core::eviction::spared_max + 1);
    // A large entry evicts many others, but spares no more of them.
    for (std::uint64_t n = 0; n < 4 * filled; ++n)
        c.read(1'000'000 + n);
    const auto looks = shard.looks();
    const auto evicted = shard.evictions.value();
    BOOST_TEST(c.fill(1, 1, 1h, 64 << 10));
    BOOST_TEST(shard.evictions.value() - evicted > 100u);
    BOOST_TEST(shard.looks() - looks <=
               shard.evictions.value() - evicted + core::eviction::spared_max);
}

// Memory that a reader has held up for long is freed in pieces.
BOOST_AUTO_TEST_CASE(one_call_gives_back_a_part_of_much) {
    cache_of_one c(4 << 20, 1, 7);
    auto& shard = c.cache.shard(0);
    {
        const core::epochs::reader::pin pinned(c.readers.at(1));
        for (std::uint64_t n = 0; n < 2000; ++n) {
            c.fill(n, 1);
            c.erase(n);
        }
    }
    const auto held = value::alive;
    BOOST_TEST(held >= 2000);
    shard.reclaim();
    BOOST_TEST(value::alive < held);
    BOOST_TEST(held - value::alive <= 300);
    for (int calls = 0; calls < 10; ++calls)
        shard.reclaim();
    BOOST_TEST(shard.retired_bytes.value() == 0);
}

BOOST_AUTO_TEST_CASE(it_empties_in_slices) {
    cache_of_one c(1 << 20);
    for (std::uint64_t n = 0; n < 100; ++n)
        c.fill(n, 1);
    BOOST_TEST(c.cache.shard(0).erase_some(99));
    BOOST_TEST(c.cache.shard(0).entries.value() == 1);
    BOOST_TEST(!c.cache.shard(0).erase_some(99));
    BOOST_TEST(c.cache.shard(0).entries.value() == 0);
    BOOST_TEST(c.cache.shard(0).retired_bytes.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
