#pragma once
// Tells which of a worker's connections can be read or written: one edge-triggered epoll set, to
// which a connection is added once. Waiting for a connection costs no system call, and no read is
// tried that would find nothing; the loop waits for the whole set at once (joint_wait, epoll_pump).

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <sys/epoll.h>

namespace latchkey::net {

/// An object that waits for a descriptor. Lives on one worker.
class watched {
  public:
    /// `events` (EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR) happened since the last call; 0
    /// means that its deferred turn has come. It may destroy this object or any other.
    virtual void ready(std::uint32_t events) = 0;

  protected:
    ~watched() = default;
};

/// Lives on one worker, and must outlive the objects that it watches. One thread.
class epoll_set {
  public:
    /// Throws std::system_error if the system has no descriptor left.
    epoll_set();
    ~epoll_set();
    epoll_set(const epoll_set&) = delete;
    epoll_set& operator=(const epoll_set&) = delete;

    /// Calls `who.ready` for the present state of `fd` and for each change, until `fd` is closed.
    /// Returns false if the system refuses.
    bool watch(int fd, watched& who) noexcept;
    /// The same for another set: `who` is called at each delivery while that has an event.
    bool watch_set(int fd, watched& who) noexcept;
    /// Stops the calls for a set, which stays open.
    void leave_set(int fd, watched& who) noexcept;
    /// Stops all calls to `who`. Call it before `who` is destroyed, and close the descriptor.
    void forget(watched& who) noexcept;
    /// Gives `who`, which has more to do, another turn after the others.
    void defer(watched& who);

    /// Takes the events that are there; with `for_an_event` it waits until there is one.
    enum class patience { none, for_an_event };
    void collect(patience) noexcept;
    /// Delivers what was collected, and the deferred turns. Returns how many calls it made.
    std::size_t deliver_collected();
    /// Both, without waiting.
    std::size_t deliver();
    /// True if there are deferred turns: deliver again soon.
    bool has_more() const noexcept { return !deferred_.empty(); }
    /// Called for the first turn that is deferred outside a delivery. It must arrange for `deliver`
    /// to be called soon, because the next event may be long off.
    std::function<void()> on_deferred;

    /// Readable while an event is ready.
    int descriptor() const noexcept { return epoll_; }

  private:
    static constexpr std::size_t batch = 128;

    std::size_t deliver_deferred();

    const int epoll_;
    std::array<epoll_event, batch> events_{};
    std::size_t next_ = 0; ///< the next of events_, during a delivery
    std::size_t end_ = 0;
    std::vector<watched*> deferred_;
    std::vector<watched*> turns_; ///< the deferred turns that are being delivered
    bool delivering_ = false;
};

} // namespace latchkey::net
