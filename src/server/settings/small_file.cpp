#include "server/settings/configuration_readers.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace latchkey::server {

namespace {

core::failure failed(const std::string& why) {
    return {core::failure_kind::invalid, why};
}

core::failure unreadable() {
    return failed("cannot be read: " + std::string(std::strerror(errno)));
}

class descriptor {
  public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const noexcept { return fd_; }

  private:
    int fd_;
};

// Reads at most one byte more than `bytes_max`.
core::result<std::string> read_from(int fd, std::size_t bytes_max) {
    constexpr std::size_t block = 16384; // most files are small
    std::string content;
    while (content.size() <= bytes_max) {
        const auto before = content.size();
        content.resize(std::min(before + block, bytes_max + 1));
        const auto n = ::read(fd, content.data() + before, content.size() - before);
        content.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        if (n == 0) break;
        if (n < 0 && errno != EINTR) return unreadable();
    }
    return content;
}

} // namespace

core::result<small_file> read_small_file_with_mode(const std::string& path, std::size_t bytes_max) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    struct stat found {};
    if (file.get() < 0 || ::fstat(file.get(), &found) != 0) return unreadable();
    auto text = read_from(file.get(), bytes_max);
    if (!text) return text.error();
    if (text->size() > bytes_max)
        return failed("is larger than " + std::to_string(bytes_max) + " bytes");
    // The mode of a device or of a shell's pipe does not say who can read the same bytes.
    const bool has_readers =
        S_ISREG(found.st_mode) || (S_ISFIFO(found.st_mode) && found.st_nlink > 0);
    return small_file{std::move(*text), has_readers ? found.st_mode & 07777u : 0};
}

core::result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
    auto file = read_small_file_with_mode(path, bytes_max);
    if (!file) return file.error();
    return std::move(file->text);
}

} // namespace latchkey::server
