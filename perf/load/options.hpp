#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace load {

struct options {
    std::string to;
    std::string tls; // a file with certificates to trust; empty: in the clear
    std::string mix;
    std::size_t connections = 64;
    double seconds = 5;
    double warm_up = 0;
    std::optional<double> rate; // none: a closed loop
    bool random_arrivals = false;
    double timeout = 10;
    std::size_t threads = 1;
    std::uint64_t seed = 1;
    std::vector<int> watched; // processes whose CPU is told
    bool json = false;
};

/// What --help prints.
std::string usage();

/// The words behind the program's name. Throws a fault that names the word.
options read_options(std::span<const char* const> words);

} // namespace load
