#pragma once
#include "clock.hpp"
#include "random.hpp"

namespace load {

/// When requests are due, whatever the server does: at a steady pace, or at random, as independent
/// callers ask (the gaps are exponential).
class arrivals {
  public:
    struct plan {
        double rate = 1; // a second
        bool is_random = false;
        instant begin = 0;
        instant end = 0;
        std::uint64_t seed = 0;
    };
    explicit arrivals(const plan& by);

    /// The next one; at or after the end there are none.
    instant next() const { return next_; }
    bool are_over() const { return next_ >= plan_.end; }
    void advance();

  private:
    plan plan_;
    random_source random_;
    double gap_;
    double since_begin_;
    std::uint64_t taken_ = 0;
    instant next_;
};

} // namespace load
