#pragma once
// A file system with little room, on which PostgreSQL keeps a tablespace.

#include <boost/test/unit_test.hpp>

#include <pwd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace latchkey::test {

/// Mounted if this process may mount; then it belongs to the user that PostgreSQL runs as.
class small_file_system {
  public:
    small_file_system() {
        BOOST_REQUIRE(::mkdtemp(path_.data()) != nullptr);
        BOOST_REQUIRE(::chmod(path_.c_str(), 0755) == 0);
        mounted_ = mount(0, "size=128k");
        if (!mounted_) why_not_ = std::strerror(errno);
    }
    ~small_file_system() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
        ::rmdir(path_.c_str());
    }
    small_file_system(const small_file_system&) = delete;
    small_file_system& operator=(const small_file_system&) = delete;

    const std::string& path() const noexcept { return path_; }
    bool mounted() const noexcept { return mounted_; }
    const std::string& why_not() const noexcept { return why_not_; }
    /// From then on there is room.
    void enlarge() { BOOST_REQUIRE(mount(MS_REMOUNT, "size=64m")); }

  private:
    bool mount(unsigned long flags, const std::string& size) const {
        const auto* user = ::getpwnam("postgres");
        const auto owner = ::geteuid() == 0 && user ? user->pw_uid : ::geteuid();
        const auto options = size + ",mode=700,uid=" + std::to_string(owner);
        return ::mount("tmpfs", path_.c_str(), "tmpfs", flags | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                       options.c_str()) == 0;
    }

    std::string path_ = "/tmp/latchkey-full.XXXXXX";
    std::string why_not_;
    bool mounted_ = false;
};

} // namespace latchkey::test
