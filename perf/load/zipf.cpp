#include "zipf.hpp"

#include <algorithm>
#include <cmath>

namespace load {
namespace {

// log(1 + x) / x, and (e^x - 1) / x, which are 1 at 0.
double log_part(double x) {
    return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2;
}
double exp_part(double x) {
    return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2;
}

} // namespace

zipf::zipf(std::uint64_t count, double exponent) : count_(count), exponent_(exponent) {
    from_ = integral(1.5) - 1;
    to_ = integral(static_cast<double>(count) + 0.5);
    surely_ = 2 - inverse_integral(integral(2.5) - weight(2));
}

std::uint64_t zipf::draw(random_source& random) const {
    for (;;) {
        const double u = to_ + random.part() * (from_ - to_);
        const double x = inverse_integral(u);
        const double k = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(count_));
        if (k - x <= surely_ || u >= integral(k + 0.5) - weight(k))
            return static_cast<std::uint64_t>(k);
    }
}

double zipf::integral(double x) const {
    const double log_x = std::log(x);
    return exp_part((1 - exponent_) * log_x) * log_x;
}

double zipf::inverse_integral(double y) const {
    const double t = std::max(y * (1 - exponent_), -1.0);
    return std::exp(log_part(t) * y);
}

double zipf::weight(double x) const {
    return std::exp(-exponent_ * std::log(x));
}

} // namespace load
