#pragma once
#include "mix.hpp"
#include "options.hpp"
#include "tally.hpp"

#include <optional>

namespace load {

struct result {
    tally seen;
    double seconds;                              // that were measured
    double cpu_seconds;                          // that this program took for it
    std::optional<double> watched_cpu_seconds{}; // that the watched processes took meanwhile
};

/// Connects, asks, waits for the last answers. Throws a fault if it cannot connect.
result run(const options& how, const mix& what);

} // namespace load
