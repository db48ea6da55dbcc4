#include <latchkey/http/session.hpp>

#include <latchkey/http/body_limit.hpp>
#include <latchkey/http/chunked_decoder.hpp>
#include <latchkey/http/head_scanner.hpp>
#include <latchkey/http/receive_buffer.hpp>
#include <latchkey/http/request_parser.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/http/task.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <coroutine>
#include <exception>
#include <optional>

namespace latchkey::http {

namespace {

// Answers wait in memory for one send; past this they go out at once.
constexpr std::size_t output_bytes_max = 65536;
// What an idle connection may keep of its output buffer.
constexpr std::size_t output_bytes_idle = 2048;
// What is read and dropped after a refusal, so that the client gets to read it.
constexpr std::size_t linger_bytes_max = 1 << 20;
constexpr std::size_t chunk_window = 4096;

class session final : public deadline_entry, public watched, public waker {
  public:
    session(int fd, service& host, bool trusted) : fd_(fd), host_(host), trusted_(trusted) {
        host_.metrics.connections.add(1);
        set_deadline(host_.settings.header_timeout);
        host_.wheel.insert(*this);
        broken_ = !host_.ready.watch(fd_, *this);
    }
    ~session() {
        host_.ready.forget(*this);
        ::close(fd_);
        host_.wheel.remove(*this);
        host_.metrics.connections.add(-1);
        if (host_.on_closed) host_.on_closed();
    }
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    /// `frame` is the coroutine in which this object lives.
    task<bool> run(std::coroutine_handle<> frame);

  private:
    enum class phase { idle, header, body, answering, writing, lingering };
    enum class event { none, input, output, answer };

    // --- deadlines -----------------------------------------------------------------------------
    void set_deadline(core::milliseconds from_now) {
        deadline = host_.wheel.now() + from_now;
        // Deadlines nearer than one round of the wheel would otherwise be seen late.
        if (from_now < deadline_wheel::tick * deadline_wheel::slots) host_.wheel.hasten(*this);
    }
    void deadline_passed() override {
        deadline = core::steady_time::max();
        late_ = true;
        if (waits_for_ == event::input || waits_for_ == event::output) resume();
    }
    void draining(core::steady_time end) override {
        if (phase_ == phase::idle) deadline = std::min(deadline, end);
    }

    void abandon() override { std::exchange(frame_, {}).destroy(); }

    // --- waiting -------------------------------------------------------------------------------
    // Suspends the coroutine; resumed by ready(), wake(), or the deadline.
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
    // May end this object.
    void resume() {
        waits_for_ = event::none;
        waiting_.resume();
    }
    void ready(std::uint32_t events) override {
        constexpr std::uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
        if (events & ended) hung_up_ = true;
        if (events & (EPOLLIN | ended)) unread_ = true;
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
    // Until there is something to read. What is left of the last read waits its turn behind the
    // other connections.
    suspension input() {
        if (unread_) host_.ready.defer(*this);
        return {*this, event::input};
    }

    // --- bytes in and out ----------------------------------------------------------------------
    bool prepare_to_receive();
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
    bool body_is_here() const;
    std::optional<refusal> parse();
    void make_room(std::size_t bytes);
    void invite_body();
    step refuse(const refusal& why, std::string_view request_id = {});
    std::string_view keep_or_make_id(std::string_view sent);
    void begin_answer();
    void finish_answer(const exchange&, core::boot_time begun);
    void log_request(const exchange&, core::nanoseconds) const;

    const int fd_;
    service& host_;
    const bool trusted_;
    phase phase_ = phase::idle;
    bool late_ = false;
    bool first_ = true;   // no request was answered yet
    bool ending_ = false; // the connection closes after what is in out_
    bool broken_ = false; // no byte will come or go
    bool hung_up_ = false;
    bool unread_ = false; // something arrived since the last read, or was left by it
    bool woken_ = false;
    event waits_for_ = event::none;
    std::coroutine_handle<> waiting_;
    std::coroutine_handle<> frame_;

    receive_buffer in_;
    std::string out_;
    head_scanner scanner_;
    request request_;
    std::size_t request_end_ = 0; // bytes of in_ that belong to the request
    std::string chunked_body_;
    std::array<char, 32> made_id_{};
};

// False: nothing came; broken_ tells whether something may.
bool session::receive_now() {
    const auto room = in_.room();
    const auto n = ::recv(fd_, room.data(), room.size(), 0);
    if (n > 0) {
        in_.received(static_cast<std::size_t>(n));
        // Less than was asked for: there is no more, and an event will tell when there is.
        unread_ = hung_up_ || static_cast<std::size_t>(n) == room.size();
        return true;
    }
    unread_ = n < 0 && errno == EINTR;
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) broken_ = true;
    return false;
}

task<bool> session::receive() {
    while (!broken_ && !late_) {
        co_await input();
        if (late_) break;
        if (receive_now()) co_return true;
    }
    co_return false;
}

// False: something is left, or the connection is broken; send_rest() tells.
bool session::send_at_once() {
    if (out_.empty()) return true;
    const auto sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent >= 0 && static_cast<std::size_t>(sent) == out_.size()) {
        out_.clear();
        return true;
    }
    if (sent > 0)
        out_.erase(0, static_cast<std::size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR)
        broken_ = true;
    return false;
}

task<bool> session::send_rest() {
    phase_ = phase::writing;
    set_deadline(host_.settings.write_timeout);
    while (!broken_ && !late_) {
        co_await suspension{*this, event::output};
        if (late_) break;
        if (send_at_once()) co_return true;
    }
    out_.clear();
    co_return false;
}

// Closing with unread bytes would reset the connection, and the refusal with it.
task<bool> session::linger() {
    if (::shutdown(fd_, SHUT_WR) != 0) co_return false;
    phase_ = phase::lingering;
    set_deadline(host_.settings.linger_timeout);
    for (std::size_t dropped = 0; dropped < linger_bytes_max;) {
        in_.truncate(0);
        in_.reserve(receive_buffer::capacity_initial);
        const bool received = co_await receive();
        if (!received) break;
        dropped += in_.bytes().size();
    }
    co_return true;
}

std::string_view session::keep_or_make_id(std::string_view sent) {
    if (is_request_id(sent)) return sent;
    host_.ids.next(made_id_);
    return {made_id_.data(), made_id_.size()};
}

session::step session::refuse(const refusal& why, std::string_view request_id) {
    ending_ = true;
    exchange ex(request_, keep_or_make_id(request_id), out_, host_.terms, true, *this);
    ex.refuse(why.status, why.detail);
    host_.metrics.observe(request_.method, 0, why.status, 0);
    return step::refused;
}

void session::make_room(std::size_t bytes) {
    in_.reserve(std::max(bytes, receive_buffer::capacity_initial));
}

// False: the connection has nothing left to wait for.
bool session::prepare_to_receive() {
    if (in_.empty()) {
        if (host_.terms.draining && !first_) return false;
        phase_ = phase::idle;
        in_.shrink();
        if (out_.capacity() > output_bytes_idle) out_ = std::string();
        if (!first_) set_deadline(host_.settings.idle_timeout);
    } else {
        if (phase_ != phase::header && !first_) set_deadline(host_.settings.header_timeout);
        phase_ = phase::header;
        in_.compact();
        if (in_.room().empty()) make_room(in_.bytes().size() * 2);
    }
    return true;
}

std::optional<refusal> session::parse() {
    return parse_request(in_.bytes().substr(scanner_.begin(), scanner_.end() - scanner_.begin()),
                         host_.settings, request_);
}

bool session::body_is_here() const {
    return !request_.chunked &&
           in_.bytes().size() - scanner_.end() >= static_cast<std::size_t>(request_.content_length);
}

void session::invite_body() {
    if (request_.expects_continue && in_.bytes().size() == scanner_.end())
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
}

task<session::step> session::read_body() {
    phase_ = phase::body;
    set_deadline(host_.settings.body_timeout);
    invite_body();
    if (!send_at_once()) {
        const bool sent = co_await send_rest();
        if (!sent) co_return step::end;
        phase_ = phase::body;
        set_deadline(host_.settings.body_timeout);
    }
    if (request_.chunked) co_return co_await read_chunked_body();
    co_return co_await read_plain_body();
}

task<session::step> session::read_plain_body() {
    make_room(scanner_.end() + static_cast<std::size_t>(request_.content_length));
    while (!body_is_here()) {
        const bool received = co_await receive();
        if (received && !late_) continue;
        if (late_) co_return refuse({408, "the body did not arrive within server.body_timeout"});
        co_return step::end;
    }
    // The header may have moved: its views are taken again.
    if (auto why = parse()) co_return refuse(*why);
    co_return step::again;
}

task<session::step> session::read_chunked_body() {
    chunked_body_.clear();
    chunked_decoder decoder(body_limit_of(request_, host_.settings));
    for (;;) {
        auto raw = in_.bytes().substr(scanner_.end());
        const auto before = raw.size();
        const auto result = decoder.decode(raw, chunked_body_);
        in_.erase(scanner_.end(), before - raw.size());
        if (result == chunked_decoder::outcome::refused) co_return refuse(decoder.why());
        if (result == chunked_decoder::outcome::complete) break;
        make_room(scanner_.end() + chunk_window);
        const bool received = co_await receive();
        if (received && !late_) continue;
        if (late_) co_return refuse({408, "the body did not arrive within server.body_timeout"});
        co_return step::end;
    }
    if (auto why = parse()) co_return refuse(*why);
    co_return step::again;
}

void session::log_request(const exchange& ex, core::nanoseconds took) const {
    host_.log.debug("request", {{"listener", host_.listener},
                                {"method", name_of(request_.method)},
                                {"endpoint", ex.endpoint},
                                {"status", ex.status()},
                                {"request_id", ex.request_id},
                                {"microseconds", took / core::microseconds(1)}});
}

void session::begin_answer() {
    if (request_.chunked) {
        request_.body = chunked_body_;
        request_end_ = scanner_.end();
    } else {
        const auto length = static_cast<std::size_t>(request_.content_length);
        request_.body = in_.bytes().substr(scanner_.end(), length);
        request_end_ = scanner_.end() + length;
    }
    phase_ = phase::answering;
    deadline = core::steady_time::max();
}

void session::finish_answer(const exchange& ex, core::boot_time begun) {
    ending_ = ex.closes();
    const auto noted = ex.noted_time();
    const auto took = (noted ? *noted : core::boot_clock::now()) - begun;
    host_.metrics.observe(request_.method, ex.endpoint, ex.status(),
                          std::chrono::duration<double>(took).count());
    if (host_.log_requests) log_request(ex, took);
    in_.consume(request_end_);
    scanner_ = {};
    first_ = false;
    if (chunked_body_.capacity() > output_bytes_idle) chunked_body_ = std::string();
}

// A co_await stands alone in its statement throughout: within && and ?: g++ 12 miscompiles it.
// One flat loop: a request that needs no waiting suspends once, to receive.
task<bool> session::run(std::coroutine_handle<> frame) {
    frame_ = frame;
    while (!ending_ && !broken_) {
        const auto found = scanner_.scan(in_.bytes(), host_.settings);
        if (found == head_scanner::outcome::incomplete) {
            // All that could be answered goes out before we wait.
            if (!send_at_once()) {
                const bool sent = co_await send_rest();
                if (!sent) co_return false;
            }
            if (!prepare_to_receive()) co_return false;
            const bool first_byte = in_.empty();
            co_await input();
            const bool received = receive_now();
            if (broken_) co_return false;
            // A new request and the deadline of an idle connection met: the request wins.
            if (!late_ || (received && first_byte)) {
                if (std::exchange(late_, false)) set_deadline(host_.settings.header_timeout);
                continue;
            }
            if (first_byte) co_return false;
            refuse({408, "the header did not arrive within server.header_timeout"});
            break;
        }
        if (found == head_scanner::outcome::refused) {
            request_ = {};
            refuse(scanner_.why());
            break;
        }
        if (const auto why = parse()) {
            refuse(*why, request_.get(field::x_request_id));
            break;
        }
        if (!body_is_here()) {
            const auto next = co_await read_body();
            if (next == step::end) co_return false;
            if (next == step::refused) break;
        }
        begin_answer();
        const auto begun = core::boot_clock::now();
        exchange ex(request_, keep_or_make_id(request_.get(field::x_request_id)), out_, host_.terms,
                    !request_.keep_alive, *this, trusted_);
        host_.app.handle(ex);
        while (auto* awaited = ex.take_pending()) {
            if (!woken_) co_await suspension{*this, event::answer};
            woken_ = false;
            awaited->finish(ex);
        }
        if (!ex.answered()) ex.refuse(500, "the endpoint gave no answer");
        finish_answer(ex, begun);
        if (out_.size() > output_bytes_max && !send_at_once()) {
            const bool sent = co_await send_rest();
            if (!sent) co_return false;
        }
    }
    late_ = false;
    if (!send_at_once()) {
        const bool sent = co_await send_rest();
        if (!sent) co_return false;
    }
    co_return co_await linger();
}

detached serve(int fd, service& host, bool trusted) {
    const auto frame = co_await own_frame();
    try {
        session connection(fd, host, trusted);
        co_await connection.run(frame);
    } catch (const std::exception& e) {
        host.log.error("a connection ended by an exception", {{"what", e.what()}});
    }
}

// Who may open a unix socket is trusted; of the others, the configured addresses.
bool is_trusted(int fd, int family, const service& host) {
    if (family == AF_UNIX) return true;
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return false;
    char text[INET6_ADDRSTRLEN] = "";
    const void* bytes =
        family == AF_INET6
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(name).sin6_addr)
            : &reinterpret_cast<const sockaddr_in&>(name).sin_addr;
    if (!::inet_ntop(family, bytes, text, sizeof text)) return false;
    const auto peer = auth::parse_address(text);
    return peer && auth::contains(host.trusted_callers, *peer);
}

} // namespace

void start_session(int fd, service& host) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    int family = AF_INET;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) == 0)
        family = name.ss_family;
    if (family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    serve(fd, host, is_trusted(fd, family, host));
}

} // namespace latchkey::http
