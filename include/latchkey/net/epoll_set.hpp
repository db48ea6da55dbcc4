#pragma once
// Which of a worker's connections can be read or written: one epoll set, edge-triggered, into which
// a connection goes once. A wait costs no system call, and no read is tried that would find
// nothing; the loop waits for the whole set at once (epoll_pump).

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <sys/epoll.h>

namespace latchkey::net {

/// What waits for a descriptor. Lives on one worker.
class watched {
  public:
    /// `events` (EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR) happened since the last call;
    /// 0: its deferred turn has come. May end this or any other.
    virtual void ready(std::uint32_t events) = 0;

  protected:
    ~watched() = default;
};

/// Lives on one worker; outlives what it watches. Not for several threads.
class epoll_set {
  public:
    /// Throws std::system_error when the system has no descriptor left.
    epoll_set();
    ~epoll_set();
    epoll_set(const epoll_set&) = delete;
    epoll_set& operator=(const epoll_set&) = delete;

    /// Tells `who` of each change of `fd`, from its present state on, until `fd` is closed. False:
    /// the system refuses.
    bool watch(int fd, watched& who) noexcept;
    /// `who` is told nothing more; call it before `who` ends, and close its descriptor.
    void forget(watched& who) noexcept;
    /// `who` has more to do, and lets the others go first.
    void defer(watched& who);

    /// Tells of what is ready now, without waiting; how often it told.
    std::size_t deliver();
    /// Somebody was deferred: deliver again soon.
    bool has_more() const noexcept { return !deferred_.empty(); }
    /// Has `deliver` called soon: somebody was deferred while nothing was being delivered, and it
    /// may be long until something is.
    std::function<void()> on_deferred;

    /// Readable while something is ready.
    int descriptor() const noexcept { return epoll_; }

  private:
    static constexpr std::size_t batch = 128;

    std::size_t deliver_deferred();

    const int epoll_;
    std::array<epoll_event, batch> events_{};
    std::size_t next_ = 0; ///< of events_, while it is delivered
    std::size_t end_ = 0;
    std::vector<watched*> deferred_;
    std::vector<watched*> turns_; ///< of deferred_, while it is delivered
    bool delivering_ = false;
};

} // namespace latchkey::net
