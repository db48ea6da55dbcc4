#pragma once
// A folder of the test's own, whose name nobody could know before.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace latchkey::test {

/// Made below /tmp, where a socket's path stays short; removed at the end.
class temporary_folder {
  public:
    temporary_folder() {
        char name[] = "/tmp/latchkey-test.XXXXXX";
        if (!::mkdtemp(name)) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    std::string file(std::string_view name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

} // namespace latchkey::test
