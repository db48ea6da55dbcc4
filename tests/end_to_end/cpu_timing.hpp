#pragma once
// Whether the time that a server takes tells two kinds of request apart.

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <string>
#include <vector>

namespace latchkey::test {

// Returns the server's CPU time so far, in nanoseconds.
inline double cpu_of(const server_process& server) {
    clockid_t clock{};
    timespec time{};
    BOOST_REQUIRE(::clock_getcpuclockid(server.pid(), &clock) == 0);
    BOOST_REQUIRE(::clock_gettime(clock, &time) == 0);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct samples {
    std::vector<double> all;

    double mean() const {
        double sum = 0;
        for (const auto x : all)
            sum += x;
        return sum / static_cast<double>(all.size());
    }
    /// Returns the square of the mean's standard error.
    double squared_error() const {
        const auto m = mean();
        double sum = 0;
        for (const auto x : all)
            sum += (x - m) * (x - m);
        const auto n = static_cast<double>(all.size());
        return sum / (n - 1) / n;
    }
};

// Welch's t of two samples of unequal variance (B. L. Welch, "The generalization of 'Student's'
// problem when several different population variances are involved", 1947): how many standard
// errors the two means are apart. |t| < 4.5 is the bound of the leakage tests of hardware
// (Goodwill, Jun, Jaffe, Rohatgi, "A testing methodology for side-channel resistance validation",
// 2011): if nothing differs, chance alone exceeds it about once in 150,000 times with this many
// samples.
//
// A sample is the CPU time that the server takes for `burst` requests that arrive in one piece. A
// caller's own clock cannot show more, because it adds the network's noise. The requests of a burst
// share the kernel's cost of a packet, which is ten times the cost of an answer. The two kinds take
// turns in a changing order, so that drift (clock rate, caches, neighbours) affects both alike. The
// slowest tenth is dropped by one threshold for both: in those bursts something else ran, and
// separate thresholds would hide a difference of the tails.
inline double welch_t(const server_process& server, const std::string& one,
                      const std::string& other, unsigned rounds = 1500) {
    constexpr int burst = 20;
    auto connection = server.connect();
    const auto sample = [&](const std::string& question) {
        std::string all;
        for (int i = 0; i < burst; ++i)
            all += question;
        const auto before = cpu_of(server);
        connection.send(all);
        for (int i = 0; i < burst; ++i)
            connection.receive();
        return cpu_of(server) - before;
    };
    for (int i = 0; i < 50; ++i)
        sample(i % 2 ? one : other);
    samples a, b;
    for (unsigned i = 0; i < rounds; ++i) {
        const bool one_first = (i * 2654435761u >> 7) % 2 == 0;
        if (one_first) a.all.push_back(sample(one));
        b.all.push_back(sample(other));
        if (!one_first) a.all.push_back(sample(one));
    }
    auto sorted = a.all;
    sorted.insert(sorted.end(), b.all.begin(), b.all.end());
    std::ranges::sort(sorted);
    const auto most = sorted[sorted.size() * 9 / 10];
    for (auto* s : {&a, &b})
        std::erase_if(s->all, [&](double x) { return x > most; });
    const auto t = (a.mean() - b.mean()) / std::sqrt(a.squared_error() + b.squared_error());
    BOOST_TEST_MESSAGE("t = " << t << ": " << a.mean() / burst << " and " << b.mean() / burst
                              << " ns of CPU a request");
    return t;
}

// Returns whether a difference that is there can be seen; `t` takes the samples and returns Welch's
// t. Programs beside it hide the difference in a single run, so further ones are taken together
// with it (S. A. Stouffer et al., "The American soldier", 1949: a sum of n such scores varies as
// the root of n).
template <class T>
bool is_told_apart(T t) {
    double sum = 0;
    for (int runs = 1; runs <= 15; ++runs) {
        sum += t();
        if (std::abs(sum) / std::sqrt(runs) > 4.5) return true;
    }
    return false;
}

} // namespace latchkey::test
