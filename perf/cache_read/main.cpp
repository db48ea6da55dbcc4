// Compares reads of the cache with other caches.
//
//   cache_read      prints "hot …", "gain …", "million …" and "memory …" lines (see run below)
#include "contenders.hpp"

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace cache_read {

namespace {

constexpr std::size_t hot_keys = 1000;
constexpr std::size_t many_keys = 1'000'000;
constexpr int rounds = 5;

constexpr std::array<entrant, 4> entrants = {{{"ours", make_ours},
                                              {"tbb", make_tbb},
                                              {"rculfhash", make_rculfhash},
                                              {"mutex_lru", make_mutex_lru}}};

void pin_to_core(std::size_t core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
}

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "cache_read: %s\n", what);
    std::exit(70);
}

// One thread's part. With `writes`, every hundredth operation is a write.
void work(contender& c, const workload& w, std::size_t thread, std::size_t operations,
          bool writes) {
    const auto& reads = w.reads[thread];
    const auto& changes = w.writes[thread];
    payload out;
    for (std::size_t i = 0; i < operations; ++i) {
        if (writes && i % 100 == 99) {
            const auto index = changes[i / 100 % changes.size()];
            c.write(thread, w.keys[index], payload_of(index));
            continue;
        }
        const auto index = reads[i % reads.size()];
        if (!c.read(thread, w.keys[index], out)) fail("a key is missing");
        if (out.words[0] != index || out.words[31] != index) fail("a value is somebody else's");
    }
}

// Nanoseconds per operation and thread.
double timed(contender& c, const workload& w, std::size_t threads, std::size_t operations,
             bool writes) {
    std::atomic<std::size_t> ready{0};
    std::vector<double> seconds(threads);
    std::vector<std::thread> crew;
    for (std::size_t t = 0; t < threads; ++t)
        crew.emplace_back([&, t] {
            pin_to_core(t);
            c.enter(t);
            work(c, w, t, operations / 10, false);
            ready.fetch_add(1);
            while (ready.load() < threads) {
            }
            const auto begun = std::chrono::steady_clock::now();
            work(c, w, t, operations, writes);
            const auto took = std::chrono::steady_clock::now() - begun;
            seconds[t] = std::chrono::duration<double>(took).count();
            c.leave(t);
        });
    for (auto& t : crew)
        t.join();
    return *std::max_element(seconds.begin(), seconds.end()) * 1e9 /
           static_cast<double>(operations);
}

void fill(contender& c, const workload& w) {
    c.enter(0);
    for (std::uint32_t i = 0; i < w.keys.size(); ++i)
        c.write(w.owner(i), w.keys[i], payload_of(i));
    c.leave(0);
}

// The same bytes as a plain array.
class array_walk final : public contender {
  public:
    explicit array_walk(const workload& w) : values_(w.keys.size()), first_(w.keys.data()) {
        for (std::uint32_t i = 0; i < values_.size(); ++i)
            values_[i] = payload_of(i);
    }
    bool read(std::size_t, const key& k, payload& out) override {
        out = values_[static_cast<std::size_t>(&k - first_)];
        return true;
    }
    void write(std::size_t, const key&, const payload&) override {}

  private:
    std::vector<payload> values_;
    const key* first_;
};

std::size_t resident() {
    ::malloc_trim(0);
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void hot_set() {
    const auto w = make_workload(hot_keys, false);
    std::vector<std::unique_ptr<contender>> all;
    for (const auto& e : entrants) {
        all.push_back(e.make(hot_keys));
        fill(*all.back(), w);
    }
    array_walk walk(w);
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i)
            std::printf("hot %s %.2f\n", entrants[i].name.data(),
                        timed(*all[i], w, 1, 4'000'000, false));
        std::printf("hot array %.2f\n", timed(walk, w, 1, 4'000'000, false));
    }
}

// What two threads gain over one: the cache with writes, the array without.
void scaling(std::size_t keys, const char* name) {
    const auto w = make_workload(keys, false);
    const auto c = make_ours(keys);
    fill(*c, w);
    array_walk walk(w);
    const std::size_t operations = keys > hot_keys ? 2'000'000 : 6'000'000;
    for (int round = 0; round < rounds; ++round) {
        const auto gain = [&](contender& x, bool writes) {
            return 2 * timed(x, w, 1, operations, writes) / timed(x, w, 2, operations, writes);
        };
        const double ours = gain(*c, true);
        std::printf("gain %s %.4f %.4f\n", name, ours, gain(walk, false));
    }
}

void million(bool zipf) {
    const auto w = make_workload(many_keys, zipf);
    for (int round = 0; round < 3; ++round)
        for (const auto& e : entrants) {
            const auto before = resident();
            const auto c = e.make(many_keys);
            fill(*c, w);
            const auto grown = resident() - before;
            if (round == 0 && !zipf)
                std::printf("memory %s %.1f %.1f\n", e.name.data(),
                            static_cast<double>(grown) / many_keys - sizeof(payload),
                            c->own_bytes() == 0 ? 0
                                                : static_cast<double>(c->own_bytes()) / many_keys -
                                                      sizeof(payload));
            std::printf("million %s %s %.2f\n", zipf ? "zipf" : "uniform", e.name.data(),
                        2e3 / timed(*c, w, 2, 2'000'000, true));
        }
}

} // namespace

} // namespace cache_read

int main() {
    cache_read::hot_set();
    cache_read::scaling(cache_read::hot_keys, "hot");
    cache_read::scaling(cache_read::many_keys, "million");
    cache_read::million(false);
    cache_read::million(true);
}
