#include <latchkey/net/epoll_set.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace latchkey::net {

namespace {

int make_set() {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return fd;
}

} // namespace

epoll_set::epoll_set() : epoll_(make_set()) {}

epoll_set::~epoll_set() {
    ::close(epoll_);
}

bool epoll_set::watch(int fd, watched& who) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &who;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool epoll_set::watch_set(int fd, watched& who) noexcept {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &who;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void epoll_set::leave_set(int fd, watched& who) noexcept {
    forget(who);
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void epoll_set::forget(watched& who) noexcept {
    for (auto i = next_; i < end_; ++i)
        if (events_[i].data.ptr == &who) events_[i].data.ptr = nullptr;
    std::erase(deferred_, &who);
    std::ranges::replace(turns_, &who, static_cast<watched*>(nullptr));
}

void epoll_set::defer(watched& who) {
    deferred_.push_back(&who);
    if (!delivering_ && deferred_.size() == 1 && on_deferred) on_deferred();
}

// By index, because a call may forget other objects or defer its own object again.
std::size_t epoll_set::deliver_deferred() {
    turns_.swap(deferred_);
    for (std::size_t i = 0; i < turns_.size(); ++i)
        if (auto* who = turns_[i]) who->ready(0);
    const auto count = turns_.size();
    turns_.clear();
    return count;
}

void epoll_set::collect(patience how_long) noexcept {
    const int timeout = how_long == patience::none ? 0 : -1;
    const int found = ::epoll_wait(epoll_, events_.data(), static_cast<int>(batch), timeout);
    next_ = 0;
    end_ = found > 0 ? static_cast<std::size_t>(found) : 0;
}

std::size_t epoll_set::deliver_collected() {
    delivering_ = true;
    const auto count = end_;
    while (next_ < end_) {
        const auto& event = events_[next_++];
        if (event.data.ptr) static_cast<watched*>(event.data.ptr)->ready(event.events);
    }
    next_ = end_ = 0;
    const auto turns = deliver_deferred();
    delivering_ = false;
    return count + turns;
}

std::size_t epoll_set::deliver() {
    collect(patience::none);
    return deliver_collected();
}

} // namespace latchkey::net
