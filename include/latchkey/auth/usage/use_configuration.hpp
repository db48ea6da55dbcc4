#pragma once

#include <latchkey/core/clock.hpp>

#include <cstddef>

namespace latchkey::auth {

/// Section [use]: how often and when credentials were used.
struct use_configuration {
    bool enabled = true;
    core::milliseconds flush_interval{10'000}; ///< what a crash may lose
    std::size_t credentials_max = 100'000;     ///< per worker and interval
};

} // namespace latchkey::auth
