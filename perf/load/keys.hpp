#pragma once
#include "random.hpp"
#include "zipf.hpp"

#include <cstdint>
#include <optional>

namespace load {

/// Which numbers stand for {n}.
struct key_range {
    enum class law { uniform, zipf, sequence };
    law distribution = law::uniform;
    std::uint64_t first = 1;
    std::uint64_t count = 1;
    double exponent = 0.99;
};

/// Draws them. A sequence goes round; of several threads, each takes every so many-th of its
/// numbers.
class key_draw {
  public:
    key_draw(const key_range& range, std::uint64_t thread = 0, std::uint64_t threads = 1);

    std::uint64_t next(random_source& random);

  private:
    key_range range_;
    std::optional<zipf> zipf_;
    std::uint64_t position_;
    std::uint64_t step_;
};

} // namespace load
