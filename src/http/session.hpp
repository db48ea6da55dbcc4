#pragma once
// One client connection: the order of events on it, with its buffers and deadlines. Its parts are
// in session.cpp (the loop over requests), session_body.cpp, session_bytes.cpp and
// session_handshake.cpp.

#include "http/head_scanner.hpp"
#include "http/receive_buffer.hpp"
#include "http/request_parser.hpp"

#include <latchkey/http/caller.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/http/task.hpp>
#include <latchkey/net/transport.hpp>

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::http {

// Answers wait in memory to go out in one send; above this size they are sent immediately.
inline constexpr std::size_t output_bytes_max = 65536;
// The capacity that an idle connection may keep of its output buffer.
inline constexpr std::size_t output_bytes_idle = 2048;

/// Lives in the frame of the coroutine that serves it, and ends with it, on its worker. All that
/// resumes it (bytes, an answer, its deadline, its turn) does so from the worker's loop.
class session final : public net::deadline_entry, public net::watched, public waker {
  public:
    /// `from`: as in client_origin.
    session(int fd, service& host, const std::optional<core::address>& from);
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    /// Uses TLS if the service has it. Call it before `run`.
    void secure() {
        if (host_.tls.context) transport_.begin_tls(host_.tls.context);
    }
    /// Serves the connection to its end. `frame` is the coroutine in which this object lives.
    task<bool> run(std::coroutine_handle<> frame);

  private:
    enum class phase { handshaking, idle, header, body, answering, writing, lingering };
    enum class event { none, input, output, answer, turn };

    // --- deadlines -----------------------------------------------------------------------------
    void set_deadline(core::milliseconds from_now) {
        late_ = false;
        deadline = host_.wheel.now() + from_now;
        // Deadlines nearer than one round of the wheel would otherwise be noticed late.
        if (from_now < net::deadline_wheel::tick * net::deadline_wheel::slots)
            host_.wheel.hasten(*this);
    }
    void set_no_deadline() {
        late_ = false;
        deadline = core::steady_time::max();
    }
    void deadline_passed() override {
        deadline = core::steady_time::max();
        late_ = true;
        if (waits_for_ == event::input || waits_for_ == event::output) resume();
    }
    void draining(core::steady_time end) override {
        if (phase_ == phase::idle || phase_ == phase::handshaking)
            deadline = std::min(deadline, end);
    }

    void abandon() override { std::exchange(frame_, {}).destroy(); }

    // --- waiting -------------------------------------------------------------------------------
    // Suspends the coroutine. Then ready(), wake() or the deadline resumes it.
    struct suspension {
        session& self;
        event until;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> where) const noexcept {
            self.waiting_ = where;
            self.waits_for_ = until;
        }
        void await_resume() const noexcept {}
    };
    // May destroy this object.
    void resume() {
        waits_for_ = event::none;
        waiting_.resume();
    }
    void ready(std::uint32_t events) override {
        constexpr std::uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
        if (events & ended) hung_up_ = true;
        if (events & (EPOLLIN | ended)) unread_ = true;
        const bool turn_waits = waits_for_ == event::turn || waits_for_ == event::output;
        if (events == 0 && turn_waits) return resume();
        const bool writable = events & (EPOLLOUT | EPOLLHUP | EPOLLERR);
        if ((waits_for_ == event::input && unread_) || (waits_for_ == event::output && writable))
            resume();
    }
    void wake() override {
        if (waits_for_ == event::answer)
            resume();
        else
            woken_ = true;
    }
    // Waits until there is something to read. What is left of the last read waits its turn behind
    // the other connections. A client may hold back the rest of a request until what it sent is
    // acknowledged; an answer would acknowledge it, but here none is due, so this does.
    suspension input() {
        if (unread_)
            host_.ready.defer(*this);
        else if (std::exchange(unacknowledged_, false))
            transport_.acknowledge();
        return until(next_receive_);
    }
    suspension until(net::io_direction what) {
        return {*this, what == net::io_direction::input ? event::input : event::output};
    }

    suspension turn() {
        host_.ready.defer(*this);
        return {*this, event::turn};
    }

    // --- bytes in and out ----------------------------------------------------------------------
    task<bool> shake_hands();
    task<bool> without_handshake(std::string_view why);
    void count_handshake();
    void end_handshake();
    void prepare_to_receive();
    bool ends_at_rest() const;
    bool receive_now();
    task<bool> receive();
    bool send_at_once();
    task<bool> send_rest();
    task<bool> linger();

    // --- one request ---------------------------------------------------------------------------
    enum class step { again, end, refused };
    task<step> read_body();
    task<step> read_plain_body();
    task<step> read_chunked_body();
    step without_body();
    bool body_is_here() const;
    std::optional<refusal> parse();
    body_limit limit_of_body() const;
    refusal first_of(const refusal&) const;
    step refuse_body(const refusal&);
    void make_room(std::size_t bytes);
    std::size_t held_bytes() const noexcept;
    void count_buffers();
    bool may_grow(std::size_t bytes);
    bool may_grow_chunked(std::size_t more, std::size_t most);
    bool has_room_for(std::size_t more);
    bool has_room_for_answer();
    static refusal no_memory();
    bool body_is_awaited() const;
    step refuse(const refusal& why, std::string_view request_id = {});
    std::string_view keep_or_make_id(std::string_view sent);
    void begin_answer();
    void finish_answer(const exchange&, core::boot_time begun);
    void log_request(const exchange&, core::nanoseconds) const;

    const int fd_;
    net::transport transport_;
    service& host_;
    const std::shared_ptr<const trust> trust_; // referenced by origin_
    const client_origin origin_;
    phase phase_ = phase::idle;
    bool late_ = false;
    bool first_ = true;   // no request was answered yet
    bool ending_ = false; // the connection closes after what is in out_ was sent
    bool broken_ = false; // no more bytes can be received or sent
    bool hung_up_ = false;
    bool unread_ = false; // something arrived since the last read, or the last read left something
    bool woken_ = false;
    bool unacknowledged_ = false; // something arrived, and nothing was sent since
    event waits_for_ = event::none;
    net::io_direction next_receive_ = net::io_direction::input; // what the next attempt waits for
    net::io_direction next_send_ = net::io_direction::output;
    std::coroutine_handle<> waiting_;
    std::coroutine_handle<> frame_;

    receive_buffer in_;
    std::string out_;
    std::size_t buffer_bytes_ = 0;      // of in_, out_ and chunked_body_, when last counted
    std::size_t answered_in_a_row_ = 0; // since other connections had their turn
    head_scanner scanner_;
    request request_;
    std::size_t request_end_ = 0; // bytes of in_ that belong to the request
    std::string chunked_body_;
    std::string sent_id_; // copy of the request id, for while the views may be invalid
    std::array<char, 32> made_id_{};
};

} // namespace latchkey::http
