#include "server/process/proxy_door.hpp"

#include <latchkey/net/proxy_header.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace latchkey::server {

namespace {

// A flood of refusals must not become a flood of log lines.
constexpr core::seconds between_lines{60};

} // namespace

// One connection whose header is not complete yet. Owns the socket until it is admitted.
class proxy_door::waiting_connection final : public net::deadline_entry, public net::watched {
  public:
    waiting_connection(proxy_door& door, int fd, std::size_t listener)
        : came_to(listener), door_(door), fd_(fd), header_(door.bounds_.bytes_max) {
        deadline = door_.wheel_.now() + door_.bounds_.timeout;
        door_.wheel_.insert(*this);
        door_.wheel_.hasten(*this);
    }
    ~waiting_connection() {
        door_.wheel_.remove(*this);
        door_.ready_.forget(*this);
        if (fd_ >= 0) ::close(fd_);
    }
    waiting_connection(const waiting_connection&) = delete;
    waiting_connection& operator=(const waiting_connection&) = delete;

    const std::size_t came_to;

    int descriptor() const noexcept { return fd_; }
    /// Gives up the socket, which the caller then owns.
    int release() noexcept {
        ::epoll_ctl(door_.ready_.descriptor(), EPOLL_CTL_DEL, fd_, nullptr);
        return std::exchange(fd_, -1);
    }
    bool watch() noexcept { return door_.ready_.watch(fd_, *this); }

    /// Reads the bytes that have arrived. Returns false if this object was destroyed.
    bool read() {
        for (;;) {
            char bytes[512];
            const auto n = ::recv(fd_, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) return true;
            if (n <= 0) return refuse(outcome::ended, {});
            const auto got = header_.read({bytes, static_cast<std::size_t>(n)});
            if (got.what == parsed::refused) return refuse(outcome::malformed, header_.why());
            // Bytes behind the header stay in the socket for the session.
            if (::recv(fd_, bytes, got.used, MSG_DONTWAIT) != static_cast<ssize_t>(got.used))
                return refuse(outcome::ended, {});
            if (got.what == parsed::complete) {
                door_.admit(*this, header_.source());
                return false;
            }
        }
    }

  private:
    using parsed = net::proxy_header_parser::outcome;

    bool refuse(outcome how, std::string_view why) {
        door_.refuse(*this, how, why);
        return false;
    }
    void ready(std::uint32_t) override { read(); }
    void deadline_passed() override {
        // Bytes that are here when the deadline passes still count, because the delay may be ours.
        if (read())
            refuse(outcome::late, "its header did not arrive within server.proxy_protocol_timeout");
    }
    void draining(core::steady_time end) override { deadline = std::min(deadline, end); }
    void abandon() override {}

    proxy_door& door_;
    int fd_;
    net::proxy_header_parser header_;
};

proxy_door::proxy_door(boost::asio::io_context& loop, core::logger& log, const bounds& within,
                       admitted then, core::steady_time now)
    : log_(log),
      bounds_(within),
      admitted_(std::move(then)),
      wheel_(now),
      pump_(loop, ready_, wheel_) {}

proxy_door::~proxy_door() = default;

void proxy_door::take(int fd, std::size_t listener) {
    wheel_.advance(core::steady_now());
    auto& one = *(waiting_[fd] = std::make_unique<waiting_connection>(*this, fd, listener));
    // Proxies send the header at once, so it has usually arrived already.
    if (one.read() && !one.watch())
        refuse(one, outcome::ended, "the system lets no further socket be watched");
}

void proxy_door::refuse_stranger(int fd, std::string_view peer) {
    ::close(fd);
    count(outcome::stranger, "its peer " + std::string(peer) + " is not in server.trusted_proxies");
}

void proxy_door::admit(waiting_connection& one, const std::optional<core::address>& named) {
    outcomes_[static_cast<std::size_t>(named ? outcome::named : outcome::kept)].add();
    const auto listener = one.came_to;
    const auto source = named; // a copy: `named` ends with `one`
    const int fd = one.release();
    waiting_.erase(fd);
    admitted_(fd, listener, source);
}

void proxy_door::refuse(waiting_connection& one, outcome how, std::string_view why) {
    waiting_.erase(one.descriptor());
    count(how, why);
}

void proxy_door::count(outcome how, std::string_view why) {
    outcomes_[static_cast<std::size_t>(how)].add();
    // A client that only checks whether the port is open is no reason for a log line.
    if (how == outcome::ended) return;
    const auto now = wheel_.now();
    if (told_at_ != core::steady_time::min() && now - told_at_ < between_lines) return;
    told_at_ = now;
    log_.warning(
        "a connection was refused where the PROXY protocol is spoken; further ones of this "
        "minute are only counted (auth_proxy_headers_total)",
        {{"reason", why}});
}

void proxy_door::tick(core::steady_time now) {
    wheel_.advance(now);
    while (wheel_.tell_late(waiting_.size())) {
    }
}

void proxy_door::drain(core::milliseconds grace) {
    const auto end = wheel_.now() + grace;
    wheel_.reschedule([end](net::deadline_entry& entry) { entry.draining(end); });
}

void proxy_door::collect(core::metric_sink& sink) const {
    for (std::size_t i = 0; i < outcome_names.size(); ++i)
        sink.add_counter("auth_proxy_headers_total",
                         "Connections where the PROXY protocol is spoken, by what came of it.",
                         {{"outcome", outcome_names[i]}},
                         static_cast<double>(outcomes_[i].value()));
}

} // namespace latchkey::server
