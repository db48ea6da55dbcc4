#pragma once
#include <stdexcept>
#include <string>

namespace load {

/// Why the program cannot run, with what to do about it.
struct fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace load
