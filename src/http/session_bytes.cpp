// A connection's bytes in and out, and the memory that holds them.
#include "http/session.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace latchkey::http {

namespace {

// Bytes to read and drop after a refusal, so that the client can read the answer.
constexpr std::size_t linger_bytes_max = 1 << 20;

} // namespace

// Returns false if nothing was received. Then broken_ tells whether anything still can be.
bool session::receive_now() {
    const auto got = transport_.receive(in_.room());
    next_receive_ = got.next;
    // Part of a TLS record gives no bytes yet, but has arrived.
    if (got.bytes > 0 || transport_.tls()) unacknowledged_ = true;
    if (got.bytes > 0) {
        in_.received(got.bytes);
        unread_ = hung_up_ || got.more;
        return true;
    }
    unread_ = got.more;
    if (got.ended) broken_ = true;
    return false;
}

// Returns false if the deadline has passed and nothing is here, or the connection is broken.
task<bool> session::receive() {
    while (!broken_ && (!late_ || unread_)) {
        co_await input();
        if (receive_now()) co_return true;
    }
    co_return false;
}

// Returns false if something is left to send or the connection is broken; send_rest() handles both.
bool session::send_at_once() {
    if (out_.empty()) return true;
    const auto sent = transport_.send(out_);
    next_send_ = sent.next;
    if (sent.bytes > 0) unacknowledged_ = false;
    if (sent.bytes == out_.size()) {
        out_.clear();
        return true;
    }
    out_.erase(0, sent.bytes);
    if (sent.ended) broken_ = true;
    return false;
}

// One deadline covers all of it, so a client that takes a byte now and then cannot postpone it.
task<bool> session::send_rest() {
    phase_ = phase::writing;
    set_deadline(host_.settings.write_timeout);
    count_buffers();
    if (out_.size() > output_bytes_idle && !has_room_for(0)) broken_ = true;
    while (!broken_ && !late_) {
        co_await until(next_send_);
        if (send_at_once()) {
            set_no_deadline();
            co_return true;
        }
    }
    out_.clear();
    co_return false;
}

// Closing with unread bytes would reset the connection and destroy the last answer. The same would
// happen if a request arrives while an idle connection ends; this way its sender sees an orderly
// end.
task<bool> session::linger() {
    transport_.say_goodbye();
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

void session::make_room(std::size_t bytes) {
    in_.reserve(std::max(bytes, receive_buffer::capacity_initial));
    count_buffers();
}

std::size_t session::held_bytes() const noexcept {
    return in_.capacity() + out_.capacity() + chunked_body_.capacity();
}

void session::count_buffers() {
    const auto held = held_bytes();
    host_.metrics.buffer_bytes.add(static_cast<std::int64_t>(held) -
                                   static_cast<std::int64_t>(buffer_bytes_));
    buffer_bytes_ = held;
}

// Makes room for `bytes` of input, unless the buffers of all connections would exceed their bound.
bool session::may_grow(std::size_t bytes) {
    if (bytes > in_.capacity() && !has_room_for(bytes - in_.capacity())) return false;
    make_room(bytes);
    return true;
}

refusal session::no_memory() {
    return {503, "the buffers of all connections together are full (server.buffer_bytes_max)"};
}

// The same for a chunked body, which is assembled apart from the input.
bool session::may_grow_chunked(std::size_t more, std::size_t most) {
    const auto held = chunked_body_.capacity();
    const auto needed = chunked_body_.size() + more;
    if (needed <= held) return true;
    const auto next = std::max(needed, std::min(held * 2, most));
    if (!has_room_for(next - held)) return false;
    chunked_body_.reserve(next);
    count_buffers();
    return true;
}

// Returns false for a long answer that would exceed the bound for all connections.
bool session::has_room_for_answer() {
    if (out_.size() <= output_bytes_max) return true;
    const auto held = held_bytes();
    return held <= buffer_bytes_ || has_room_for(held - buffer_bytes_);
}

// Counts a false result in the metrics; the caller then ends the connection.
bool session::has_room_for(std::size_t more) {
    const auto held = static_cast<std::size_t>(host_.metrics.buffer_bytes.value());
    if (held + more <= host_.buffer_bytes_max) return true;
    host_.metrics.buffers_refused.add();
    return false;
}

} // namespace latchkey::http
