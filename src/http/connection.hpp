#pragma once
// A client's connection: its bytes in and out, and what they have to wait for.

#include "http/connection_buffers.hpp"
#include "http/connection_deadline.hpp"
#include "http/socket_readiness.hpp"
#include "http/task.hpp"

#include <latchkey/http/service.hpp>
#include <latchkey/net/transport.hpp>

#include <coroutine>
#include <cstdint>
#include <utility>

namespace latchkey::http {

/// Owns the socket. Lives in the frame of the coroutine that serves it, and ends with it, on its
/// worker. One coroutine at a time waits for it. All that resumes that coroutine (bytes, room for
/// bytes, its turn, its deadline) does so from the worker's loop.
///
///     const bool sent = co_await c.flush();       // all of c.buffers.out
///     const bool goes_on = co_await c.receive();  // more of c.buffers.in
class connection final : public connection_deadline, public net::watched {
    struct receiving;
    struct flushing;
    struct suspension;

  public:
    /// `frame` is the outermost coroutine. It is destroyed if the worker ends before it.
    connection(int fd, service& host, std::coroutine_handle<> frame);
    ~connection();

    connection_buffers buffers;

    int descriptor() const noexcept { return fd_; }
    net::transport& transport() noexcept { return transport_; }
    /// True if no more bytes can be received or sent.
    bool broken() const noexcept { return broken_; }
    /// Ends it without a further byte.
    void cut() noexcept { broken_ = true; }
    /// True if the deadline has passed and nothing is here. What has arrived still counts, since
    /// the server itself may be late.
    bool out_of_time() const noexcept { return late() && !readiness_.unread(); }
    /// Whether bytes are here that no event will tell of.
    void expect_bytes(bool here) noexcept { readiness_.expect(here); }

    /// Waits until there is something to read, and reads it. True: there is more of `buffers.in`,
    /// or may be soon; false: it is broken or out of time.
    receiving receive() noexcept { return {*this}; }
    /// Sends `buffers.out`. Waits only for what the socket does not take at once. False: it is
    /// broken, or the client did not take all of it within server.write_timeout.
    flushing flush() noexcept { return {*this}; }
    /// Lets the other connections have their turn.
    suspension turn() {
        host_.ready.defer(*this);
        return {*this, event::turn};
    }
    /// Waits until somebody else can read or write the socket.
    suspension until(net::io_direction what) noexcept {
        return {*this, what == net::io_direction::input ? event::input : event::output};
    }
    /// Ends it so that the client sees the last answer and an orderly end. False: it has gone.
    task<bool> linger();

  private:
    enum class event { none, input, output, turn };

    void suspend(std::coroutine_handle<> where, event until) noexcept {
        waiting_ = where;
        waits_for_ = until;
    }
    void resume();
    void ready(std::uint32_t events) override;
    void deadline_passed() override;
    void abandon() override;
    // What is left of the last read waits its turn behind the other connections. A client may hold
    // back the rest of a request until what it sent is acknowledged; an answer would acknowledge
    // it, but here none is due, so this does.
    void wait_to_receive(std::coroutine_handle<> where) {
        if (readiness_.unread())
            host_.ready.defer(*this);
        else if (std::exchange(unacknowledged_, false))
            transport_.acknowledge();
        suspend(where, event::input);
    }
    bool receive_now();
    bool wait_to_send(std::coroutine_handle<>);
    bool send_now();

    struct suspension {
        connection& self;
        event until;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> where) const noexcept {
            self.suspend(where, until);
        }
        void await_resume() const noexcept {}
    };
    struct receiving {
        connection& self;
        bool waited = false;
        bool await_ready() const noexcept { return self.broken_ || self.out_of_time(); }
        void await_suspend(std::coroutine_handle<> where) {
            waited = true;
            self.wait_to_receive(where);
        }
        bool await_resume() const { return waited && self.receive_now(); }
    };
    struct flushing {
        connection& self;
        bool await_ready() const { return self.send_now(); }
        bool await_suspend(std::coroutine_handle<> where) const { return self.wait_to_send(where); }
        bool await_resume() const noexcept { return !self.broken_; }
    };

    service& host_;
    const int fd_;
    net::transport transport_;
    socket_readiness readiness_;
    bool broken_ = false;
    bool unacknowledged_ = false; // something arrived, and nothing was sent since
    event waits_for_ = event::none;
    net::io_direction next_receive_ = net::io_direction::input; // what the next attempt waits for
    net::io_direction next_send_ = net::io_direction::output;
    std::coroutine_handle<> waiting_;
    const std::coroutine_handle<> frame_;
};

} // namespace latchkey::http
