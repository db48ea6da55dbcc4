#include "server/process/service_manager.hpp"

#include <latchkey/core/text/printable.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <utility>

namespace latchkey::server {

namespace {

constexpr std::string_view watchdog_line = "WATCHDOG=1\n";
// The last datagrams have the current state; only reloads make more of them.
constexpr std::size_t unsent_max = 64;

} // namespace

service_manager::service_manager(std::string_view address) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const bool named = address.starts_with('/') || address.starts_with('@');
    if (!named || address.size() < 2 || address.size() >= sizeof name.sun_path) return;
    std::memcpy(name.sun_path, address.data(), address.size());
    if (address.starts_with('@')) name.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return;
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&name), length) == 0) return;
    ::close(std::exchange(fd_, -1));
}

service_manager::~service_manager() {
    if (fd_ >= 0) ::close(fd_);
}

void service_manager::tell(std::string_view lines) {
    if (fd_ < 0) return;
    while (!unsent_.empty() && sent(unsent_.front()))
        unsent_.pop_front();
    if (!lines.empty() && (!unsent_.empty() || !sent(lines))) keep(lines);
}

// Returns false if it may be sent later.
bool service_manager::sent(std::string_view lines) const noexcept {
    if (::send(fd_, lines.data(), lines.size(), MSG_NOSIGNAL) >= 0) return true;
    return errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM && errno != EINTR;
}

// Datagrams are not joined, because of two states in one the manager would take only one.
void service_manager::keep(std::string_view lines) {
    // When it is sent later, it may no longer be true that all loops are running.
    if (lines.ends_with(watchdog_line)) lines.remove_suffix(watchdog_line.size());
    if (lines.empty()) return;
    const auto is_status = [](std::string_view text) { return text.starts_with("STATUS="); };
    if (is_status(lines) && !unsent_.empty() && is_status(unsent_.back())) unsent_.pop_back();
    if (unsent_.size() == unsent_max) unsent_.pop_front();
    unsent_.emplace_back(lines);
}

namespace {

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return n;
}

// STATUS= must be on one line.
std::string one_line(std::string_view text) {
    std::string out(text);
    std::ranges::replace(out, '\n', ' ');
    return core::printable_line(out);
}

} // namespace

std::optional<core::nanoseconds> watchdog_limit(std::string_view microseconds, std::string_view pid,
                                                int own_pid) {
    const auto limit = number(microseconds);
    if (!limit || *limit <= 0 || (!pid.empty() && number(pid) != own_pid)) return std::nullopt;
    return core::microseconds(*limit);
}

bool service_notice::alive(core::steady_time now, std::span<const core::steady_time> turns) const {
    return std::ranges::all_of(turns, [&](auto turn) { return now - turn < *watchdog_ / 2; });
}

std::string service_notice::tick(core::steady_time now, bool ready, std::string_view status,
                                 std::span<const core::steady_time> turns) {
    std::string out;
    if (ready && !ready_ && !stopping_) {
        ready_ = true;
        out += "READY=1\n";
    }
    if (!stopping_ && status != status_) {
        status_ = status;
        out += "STATUS=" + one_line(status) + '\n';
    }
    const bool due = watchdog_ && now - fed_at_ >= *watchdog_ / 4;
    if (due && alive(now, turns)) {
        fed_at_ = now;
        out += watchdog_line;
    }
    return out;
}

std::string service_notice::reloading(core::steady_time now) const {
    if (!ready_ || stopping_) return {};
    const auto at = std::chrono::duration_cast<core::microseconds>(now.time_since_epoch());
    return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(at.count()) + '\n';
}

std::string service_notice::reloaded() const {
    return ready_ && !stopping_ ? "READY=1\n" : "";
}

std::string service_notice::stopping() {
    stopping_ = true;
    status_ = "answering what was asked, then stopping";
    return "STOPPING=1\nSTATUS=" + status_ + '\n';
}

} // namespace latchkey::server
