#pragma once
// In a loop over many rows that no caller waits for: lets threads of the same core that answer
// callers run in between, instead of at the end of the system's time slice, which is milliseconds.

#include <cstddef>

namespace latchkey::core {

class giving_way {
  public:
    /// Call it for each row. Costs nothing worth counting while no other thread wants the core.
    void step() noexcept {
        if (++rows_ % rows_between == 0) yield();
    }

  private:
    static constexpr std::size_t rows_between = 8; // some 50 µs
    static void yield() noexcept;
    std::size_t rows_ = 0;
};

} // namespace latchkey::core
