#pragma once
// A folder for one test, with a name that nobody can guess.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace latchkey::test {

/// Lies below /tmp, so that the path of a socket in it is short; removed by the destructor.
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
