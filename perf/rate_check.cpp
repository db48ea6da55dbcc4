// What a check of a rate limit costs.
//
//   rate_check      lines of "alone NS" and "refused NS": one thread, a thousand callers;
//                   "shared THREADS NS": all cores take from one bucket;
//                   "flood NS BYTES LOCKED_OUT OFFENDERS_EXTRA DISPLACED": ten million addresses
//                   come once each within a second, through a table of the default size, while a
//                   hundred offenders go on and a thousand good callers ask now and then
//
// Each check makes its key from an address of 16 bytes, as a request does. Nanoseconds are CPU time
// of a thread.
#include <latchkey/core/flow/rate_limiter.hpp>

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <thread>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

using address = std::array<char, 16>;

constexpr std::size_t default_buckets = 4 << 20;
constexpr int rounds = 7;
constexpr std::size_t checks = 4'000'000;
const core::rate_rule per_minute = *core::rate_rule::make(100, 60s, 100);
const core::rate_rule endless = *core::rate_rule::make(1'000'000, 1s, 1'000'000'000);

address address_of(std::uint64_t group, std::uint64_t n) {
    address a{};
    std::memcpy(a.data(), &group, sizeof group);
    std::memcpy(a.data() + 8, &n, sizeof n);
    return a;
}

double cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

std::size_t resident_bytes() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct counter {
    core::rate_limiter limiter{default_buckets, {0x1234567, 0x89abcdef}};
    core::boot_time now{1h};

    core::rate_decision take(std::uint64_t scope, const core::rate_rule& rule, const address& a) {
        return limiter.take(limiter.key(scope, {a.data(), a.size()}), rule, 1, now);
    }
};

void alone(const char* name, const core::rate_rule& rule) {
    counter c;
    const auto scope = c.limiter.scope("p", rule);
    std::vector<address> callers;
    for (std::size_t i = 0; i < 1000; ++i)
        callers.push_back(address_of(1, i));
    for (int round = 0; round < rounds; ++round) {
        std::size_t allowed = 0;
        const auto begun = cpu_ns();
        for (std::size_t i = 0; i < checks; ++i)
            allowed += c.take(scope, rule, callers[i % callers.size()]).allowed;
        const auto took = cpu_ns() - begun;
        if (allowed > checks) return; // keeps the compiler from removing the loop
        std::printf("%s %.2f\n", name, took / checks);
    }
}

void shared() {
    const auto cores = std::max(2u, std::thread::hardware_concurrency());
    for (int round = 0; round < rounds; ++round) {
        counter c;
        const auto scope = c.limiter.scope("p", endless);
        const auto who = address_of(1, 1);
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
                    c.take(scope, endless, who);
                took[t] = (cpu_ns() - begun) / checks;
            });
        for (auto& t : crew)
            t.join();
        std::printf("shared %u %.2f\n", cores, *std::max_element(took.begin(), took.end()));
    }
}

void flood() {
    constexpr std::size_t addresses = 10'000'000;
    constexpr std::size_t offenders = 100;
    constexpr std::size_t good = 1000;
    const auto before = resident_bytes();
    counter c;
    const auto scope = c.limiter.scope("p", per_minute);
    for (std::size_t o = 0; o < offenders; ++o)
        while (c.take(scope, per_minute, address_of(2, o)).allowed) {
        }
    std::size_t locked_out = 0;
    std::size_t extra = 0;
    std::size_t displaced = 0;
    double took = 0;
    constexpr std::size_t slice = 100'000;
    for (std::size_t i = 0; i < addresses; i += slice) {
        const auto begun = cpu_ns();
        for (std::size_t n = i; n < i + slice; ++n) {
            const auto said = c.take(scope, per_minute, address_of(3, n));
            locked_out += !said.allowed;
            displaced += said.displaced;
            c.now += 100ns;
        }
        took += cpu_ns() - begun;
        for (std::size_t o = 0; o < offenders; ++o)
            extra += c.take(scope, per_minute, address_of(2, o)).allowed;
        if (i / slice % 10 == 0)
            for (std::size_t g = 0; g < good; ++g)
                locked_out += !c.take(scope, per_minute, address_of(4, g)).allowed;
    }
    // In this second each offender rightly gets one request back.
    std::printf("flood %.2f %zu %zu %zu %zu\n", took / addresses, resident_bytes() - before,
                locked_out, extra > offenders ? extra - offenders : 0, displaced);
}

} // namespace

int main() {
    alone("alone", endless);
    alone("refused", per_minute);
    shared();
    flood();
}
