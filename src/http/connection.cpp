#include "http/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::http {

namespace {

// Bytes to read and drop after a refusal, so that the client can read the answer.
constexpr std::size_t linger_bytes_max = 1 << 20;

} // namespace

connection::connection(int fd, service& host, std::coroutine_handle<> frame)
    : connection_deadline(host.wheel, host.first_wait()),
      buffers(host),
      host_(host),
      fd_(fd),
      transport_(fd),
      frame_(frame) {
    host_.metrics.connections.add(1);
    broken_ = !host_.ready.watch(fd_, *this);
}

connection::~connection() {
    transport_.say_goodbye();
    host_.ready.forget(*this);
    if (host_.on_closed) host_.on_closed(fd_);
    ::close(fd_);
    host_.metrics.connections.add(-1);
}

void connection::abandon() {
    frame_.destroy();
}

// May destroy this object.
void connection::resume() {
    waits_for_ = event::none;
    waiting_.resume();
}

void connection::ready(std::uint32_t events) {
    readiness_.tell(events);
    if (waits_for_ == event::input) {
        if (readiness_.allows(next_receive_, events)) resume();
    } else if (waits_for_ == event::output) {
        if (readiness_.allows(next_send_, events) && send_now()) resume();
    } else if (waits_for_ == event::turn && events == 0) {
        resume();
    }
}

void connection::deadline_passed() {
    pass();
    if (waits_for_ == event::output && !send_now()) cut();
    if (waits_for_ == event::input || waits_for_ == event::output) resume();
}

bool connection::receive_now() {
    const auto got = transport_.receive(buffers.in.room());
    next_receive_ = got.next;
    readiness_.read(got.bytes > 0, got.more);
    // Part of a TLS record gives no bytes yet, but has arrived.
    if (got.bytes > 0 || transport_.tls()) unacknowledged_ = true;
    if (got.bytes > 0) {
        buffers.in.received(got.bytes);
        return true;
    }
    if (got.ended) cut();
    return !broken_ && !out_of_time();
}

// Returns true if nothing is left to do: all is sent, or nothing can be.
bool connection::send_now() {
    auto& out = buffers.out;
    if (out.empty() || broken_) return true;
    const auto sent = transport_.send(out);
    next_send_ = sent.next;
    if (sent.bytes > 0) unacknowledged_ = false;
    if (sent.bytes == out.size()) {
        out.clear();
        return true;
    }
    out.erase(0, sent.bytes);
    if (sent.ended) cut();
    return broken_;
}

// One deadline covers all of it, so a client that takes a byte now and then cannot postpone it.
// Returns false if there is nothing to wait for: the rest may not be kept.
bool connection::wait_to_send(std::coroutine_handle<> where) {
    begin(phase::busy, host_.settings.write_timeout);
    if (!buffers.may_keep_output()) cut();
    if (!broken_) suspend(where, event::output);
    return !broken_;
}

// Closing with unread bytes would reset the connection and destroy the last answer. The same would
// happen if a request arrives while an idle connection ends; this way its sender sees an orderly
// end.
task<bool> connection::linger() {
    transport_.say_goodbye();
    if (::shutdown(fd_, SHUT_WR) != 0) co_return false;
    begin(phase::busy, host_.settings.linger_timeout);
    for (std::size_t dropped = 0; dropped < linger_bytes_max;) {
        buffers.in.truncate(0);
        buffers.in.reserve(receive_buffer::capacity_initial);
        const bool goes_on = co_await receive();
        if (!goes_on) break;
        dropped += buffers.in.bytes().size();
    }
    co_return true;
}

} // namespace latchkey::http
