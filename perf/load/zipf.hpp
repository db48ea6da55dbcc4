#pragma once
#include "random.hpp"

#include <cstdint>

namespace load {

/// Draws ranks 1 to count; rank k comes with a probability in proportion to 1 / k^exponent.
/// Rejection-inversion (W. Hörmann, G. Derflinger: Rejection-inversion to generate variates from
/// monotone discrete distributions, 1996): no table, and less than 1.2 draws a rank on average,
/// whatever the count is.
class zipf {
  public:
    zipf(std::uint64_t count, double exponent);

    std::uint64_t draw(random_source& random) const;

  private:
    double integral(double x) const;         // H(x): of 1 / x^exponent
    double inverse_integral(double y) const; // of H
    double weight(double x) const;

    std::uint64_t count_;
    double exponent_;
    double from_; // H at the end of the first rank, less its weight
    double to_;   // H at the end of the last rank
    double surely_;
};

} // namespace load
