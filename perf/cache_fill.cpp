// How long one fill of the cache takes at worst: in a full shard whose entries have all been asked
// for, and after a reader has kept much retired memory from being freed.
//
//   cache_fill ENTRIES      prints "fill NAME MEDIAN_NS LONGEST_NS MOST_LOOKS" lines
#include <latchkey/core/cache/concurrent_cache.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

using namespace latchkey;

namespace {

struct value {
    char text[256];
};
using cache = core::concurrent_cache<value>;

core::fingerprint key_of(std::uint64_t n) {
    core::fingerprint key{};
    std::memcpy(key.data(), &n, sizeof n);
    return key;
}

// CPU time of the thread, so that other threads do not count.
double cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

struct bench {
    explicit bench(std::size_t entries)
        : cached({entries * 2 * cache::entry_size(), cache::entry_size()}, where, readers) {}

    void fill(std::uint64_t n) {
        const auto key = key_of(n);
        cached.fill(key, where.hash(key), value{}, 0, now + std::chrono::hours(1));
    }
    void ask_for_all(std::uint64_t end) {
        for (std::uint64_t n = 0; n < end; ++n) {
            const auto key = key_of(n);
            cached.read(readers.at(0), key, where.hash(key), now, [](const auto&) { return true; });
        }
    }
    void measure(const char* name, std::uint64_t first, std::size_t count) {
        std::vector<double> took;
        std::uint64_t most_looks = 0;
        const auto& shard = cached.shard(0);
        for (std::uint64_t n = first; n < first + count; ++n) {
            const auto looks = shard.looks();
            const auto begun = cpu_ns();
            fill(n);
            took.push_back(cpu_ns() - begun);
            most_looks = std::max(most_looks, shard.looks() - looks);
        }
        std::sort(took.begin(), took.end());
        std::printf("fill %s %.0f %.0f %llu\n", name, took[took.size() / 2], took.back(),
                    static_cast<unsigned long long>(most_looks));
    }

    core::boot_time now{std::chrono::hours(1)};
    core::placement where{0x5eed, 1};
    core::epochs readers{2};
    cache cached;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 64;
    bench b(std::strtoul(argv[1], nullptr, 10));
    const auto& shard = b.cached.shard(0);
    std::uint64_t n = 0;
    while (shard.evictions.value() == 0)
        b.fill(n++);
    const auto filled = n;
    b.measure("unasked", n, filled / 2);
    n += filled / 2;
    b.ask_for_all(n);
    b.measure("all_asked_for", n, 10'000);
    n += 10'000;
    {
        const core::epochs::reader::pin pinned(b.readers.at(1));
        for (std::uint64_t end = n + filled; n < end && shard.refused.value() == 0; ++n)
            b.fill(n);
    }
    std::printf("retired %lld\n", static_cast<long long>(shard.retired_bytes.value()));
    b.measure("much_retired", n, 1000);
    return 0;
}
