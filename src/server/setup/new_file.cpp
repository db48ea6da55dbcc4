#include "server/setup/new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace latchkey::server {

namespace {

core::failure because(const std::string& path) {
    return {core::failure_kind::unavailable, path + ": " + std::strerror(errno)};
}

core::result<void> synced(const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) return because(path);
    const bool done = ::fsync(fd) == 0;
    const auto why = because(path);
    ::close(fd);
    if (!done) return why;
    return {};
}

} // namespace

std::string beside(const std::string& path) {
    return path + ".new";
}

core::result<void> publish_file(const std::string& path) {
    const auto from = beside(path);
    auto done = synced(from, O_RDONLY);
    // A link, unlike a renaming, fails if the name is taken.
    if (done && ::link(from.c_str(), path.c_str()) != 0) done = because(path);
    ::unlink(from.c_str());
    if (!done) return done;
    return synced(std::filesystem::path(path).parent_path(), O_RDONLY | O_DIRECTORY);
}

core::result<void> write_new_file(const std::string& path, std::string_view text, mode_t mode) {
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
    const auto to = beside(path);
    ::unlink(to.c_str()); // what an attempt left that was ended
    const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) return because(to);
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const auto why = because(to);
    ::close(fd);
    if (written) return publish_file(path);
    ::unlink(to.c_str());
    return why;
}

} // namespace latchkey::server
