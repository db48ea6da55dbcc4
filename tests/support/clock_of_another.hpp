// The real clock of a process that a test starts, which the test may shift while it runs.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

// `file` must stay for as long as processes use it. The library is tests/support/shifted_clock.cpp.
class clock_of_another {
  public:
    explicit clock_of_another(std::string file) : file_(std::move(file)) {
        std::ofstream(file_, std::ios::binary).write("\0\0\0\0\0\0\0\0", 8);
    }
    void shift(std::int64_t seconds) const {
        // In place: processes have the file mapped.
        std::fstream(file_, std::ios::binary | std::ios::in | std::ios::out)
            .write(reinterpret_cast<const char*>(&seconds), sizeof seconds);
    }
    std::vector<std::string> environment() const {
        return {"LD_PRELOAD=" LATCHKEY_SHIFTED_CLOCK, "LATCHKEY_TEST_CLOCK=" + file_};
    }

  private:
    std::string file_;
};

} // namespace latchkey::test
