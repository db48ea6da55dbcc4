#include "workload.hpp"

#include <latchkey/core/cache/placement.hpp>

#include <cmath>
#include <random>

namespace cache_read {

namespace {

// The method of J. Gray et al., "Quickly generating billion-record synthetic databases", SIGMOD
// 1994.
class zipf_law {
  public:
    explicit zipf_law(std::size_t n) : n_(static_cast<double>(n)) {
        for (std::size_t i = 1; i <= n; ++i)
            zeta_ += 1 / std::pow(static_cast<double>(i), theta);
        const double zeta2 = 1 + std::pow(0.5, theta);
        eta_ = (1 - std::pow(2 / n_, 1 - theta)) / (1 - zeta2 / zeta_);
    }
    std::uint32_t operator()(double u) const {
        const double uz = u * zeta_;
        if (uz < 1) return 0;
        if (uz < 1 + std::pow(0.5, theta)) return 1;
        const double rank = n_ * std::pow(eta_ * u - eta_ + 1, 1 / (1 - theta));
        return static_cast<std::uint32_t>(std::min(rank, n_ - 1));
    }

  private:
    static constexpr double theta = 0.99;
    double n_;
    double zeta_ = 0;
    double eta_ = 0;
};

} // namespace

workload make_workload(std::size_t count, bool zipf) {
    constexpr std::size_t reads = 1 << 20;
    constexpr std::size_t writes = 1 << 16;
    std::mt19937_64 random(2026); // NOLINT: the same every time
    workload out;
    const latchkey::core::placement where(1, 2);
    for (std::size_t i = 0; i < count; ++i) {
        key k{};
        for (std::size_t at = 0; at < k.size(); at += sizeof(std::uint64_t)) {
            const std::uint64_t word = random();
            std::memcpy(k.data() + at, &word, sizeof word);
        }
        out.keys.push_back(k);
        out.owner_cores.push_back(static_cast<std::uint8_t>(where.owner(where.hash(k))));
    }
    const zipf_law law(count);
    std::uniform_real_distribution<double> unit(0, 1);
    const auto choose = [&] {
        return zipf ? law(unit(random)) : static_cast<std::uint32_t>(random() % count);
    };
    for (std::size_t t = 0; t < 2; ++t) {
        while (out.reads[t].size() < reads)
            out.reads[t].push_back(choose());
        while (out.writes[t].size() < writes)
            if (const auto i = choose(); out.owner_cores[i] == t) out.writes[t].push_back(i);
    }
    return out;
}

payload payload_of(std::uint32_t index) {
    payload p;
    p.words.fill(index);
    return p;
}

} // namespace cache_read
