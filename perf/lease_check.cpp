// What a decision by a lease costs, beside one by the limiter of a node.
//
//   lease_check     in turn, lines of "limiter NS" and "lease NS": one thread, a thousand callers;
//                   "spent NS": callers whose lease is spent, and the limit with it;
//                   "shared THREADS NS": all cores take from one bucket
//
// Each decision makes its key from an address of 16 bytes, as a request does. Nanoseconds are CPU
// time of a thread.
#include <latchkey/core/cache/keyed_hash.hpp>
#include <latchkey/core/flow/lease_keeper.hpp>
#include <latchkey/core/flow/rate_limiter.hpp>

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <span>
#include <thread>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

using address = std::array<char, 16>;

constexpr int rounds = 7;
constexpr std::size_t callers = 1000;
constexpr std::size_t checks = 4'000'000;
constexpr std::int64_t plenty = 1'000'000'000'000;
const core::boot_time now{1h};

address address_of(std::uint64_t n) {
    address a{};
    std::memcpy(a.data() + 8, &n, sizeof n);
    return a;
}

double cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

struct inquiry final : core::lease_inquiry {
    void decided() noexcept override {}
};

// A keeper whose buckets all have been given `each` of a window that does not end.
struct leased {
    leased(unsigned threads, std::int64_t each, std::int64_t rest) : readers(threads) {
        std::vector<inquiry> asked(callers);
        for (std::size_t i = 0; i < callers; ++i) {
            asked[i].key = key(address_of(i));
            std::memcpy(asked[i].terms.name.data(), &i, sizeof i);
            asked[i].terms.most = plenty;
            asked[i].terms.window = std::chrono::hours(24);
            asked[i].decided_at = now;
            keeper.ask(asked[i], box);
        }
        box.receive();
        const core::moment at{now, {}};
        while (const auto* request = keeper.next(at)) {
            core::lease_answer answer{43'200'000'000, 1, "one", {}};
            answer.windows.assign(request->lines.size(), {0, each, rest});
            keeper.answered(answer, at);
        }
        box.receive();
    }
    core::lease_key key(const address& a) const noexcept {
        const auto bytes = std::as_bytes(std::span(a));
        return {core::keyed_hash({1, 2}, bytes), core::keyed_hash({3, 4}, bytes)};
    }
    bool take(std::size_t thread, const address& a) noexcept {
        const core::epochs::reader::pin pinned(readers.at(thread));
        auto* bucket = keeper.find(key(a));
        return bucket && bucket->take(1, now).what == core::lease_decision::standing::allowed;
    }

    core::epochs readers;
    core::mailbox box{[] {}};
    core::lease_keeper keeper{4096, readers, box, {core::when_unsure::closed, 1s}};
};

template <class Take>
double measured(Take&& take, std::size_t expected) {
    std::vector<address> who;
    for (std::size_t i = 0; i < callers; ++i)
        who.push_back(address_of(i));
    std::size_t allowed = 0;
    const auto begun = cpu_ns();
    for (std::size_t i = 0; i < checks; ++i)
        allowed += take(who[i % callers]);
    const auto took = cpu_ns() - begun;
    if (allowed != expected) std::printf("wrong %zu\n", allowed);
    return took / checks;
}

void alone() {
    const auto rule = *core::rate_rule::make(1'000'000, 1s, 1'000'000'000);
    core::rate_limiter limiter(4 << 20, {0x1234567, 0x89abcdef});
    const auto scope = limiter.scope("p", rule);
    leased good(1, plenty / 2, plenty / 2);
    leased spent(1, 0, 0);
    for (int round = 0; round < rounds; ++round) {
        const auto by_limiter = [&](const address& a) {
            return limiter.take(limiter.key(scope, {a.data(), a.size()}), rule, 1, now).allowed;
        };
        std::printf("limiter %.2f\n", measured(by_limiter, checks));
        std::printf("lease %.2f\n",
                    measured([&](const auto& a) { return good.take(0, a); }, checks));
        std::printf("spent %.2f\n", measured([&](const auto& a) { return spent.take(0, a); }, 0));
    }
}

void shared() {
    const auto cores = std::max(2u, std::thread::hardware_concurrency());
    leased all(cores, plenty / 2, plenty / 2);
    const auto who = address_of(1);
    for (int round = 0; round < rounds; ++round) {
        std::atomic<unsigned> ready{0};
        std::vector<double> took(cores);
        std::vector<std::thread> crew;
        for (unsigned t = 0; t < cores; ++t)
            crew.emplace_back([&, t] {
                cpu_set_t set;
                CPU_ZERO(&set);
                CPU_SET(t, &set);
                ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
                ready.fetch_add(1);
                while (ready.load() < cores) {
                }
                const auto begun = cpu_ns();
                for (std::size_t i = 0; i < checks; ++i)
                    all.take(t, who);
                took[t] = (cpu_ns() - begun) / checks;
            });
        for (auto& t : crew)
            t.join();
        std::printf("shared %u %.2f\n", cores, *std::max_element(took.begin(), took.end()));
    }
}

} // namespace

int main() {
    alone();
    shared();
}
