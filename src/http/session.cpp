// The loop over a connection's requests.
#include "http/session.hpp"

#include <unistd.h>

namespace latchkey::http {

session::session(int fd, service& host, const std::optional<core::address>& from)
    : fd_(fd), transport_(fd), host_(host), trust_(host.trust), origin_(from, *trust_) {
    host_.metrics.connections.add(1);
    set_deadline(host_.first_wait());
    host_.wheel.insert(*this);
    broken_ = !host_.ready.watch(fd_, *this);
    count_buffers();
}

session::~session() {
    if (phase_ == phase::handshaking) end_handshake();
    transport_.say_goodbye();
    host_.ready.forget(*this);
    if (host_.on_closed) host_.on_closed(fd_);
    ::close(fd_);
    host_.wheel.remove(*this);
    host_.metrics.connections.add(-1);
    host_.metrics.buffer_bytes.add(-static_cast<std::int64_t>(buffer_bytes_));
}

std::string_view session::keep_or_make_id(std::string_view sent) {
    if (is_request_id(sent)) return sent;
    host_.ids.next(made_id_);
    return {made_id_.data(), made_id_.size()};
}

session::step session::refuse(const refusal& why, std::string_view request_id) {
    ending_ = true;
    exchange ex(request_, keep_or_make_id(request_id), out_, host_.terms, true, *this);
    ex.refuse(why);
    host_.metrics.observe(request_.method, 0, why.status, 0);
    return step::refused;
}

// Continues to read while the server drains: the last answer may have been sent before it could say
// that it is the last, and the next request may be on its way.
void session::prepare_to_receive() {
    if (in_.empty()) {
        const auto was = std::exchange(phase_, phase::idle);
        in_.shrink();
        if (out_.capacity() > output_bytes_idle) out_ = std::string();
        count_buffers();
        // Only once: bytes that are not a request must not postpone the deadline.
        if (was != phase::idle && !first_) set_deadline(host_.rest());
    } else {
        if (phase_ != phase::header && !first_) set_deadline(host_.settings.header_timeout);
        phase_ = phase::header;
        in_.compact();
        if (in_.room().empty() && !may_grow(in_.bytes().size() * 2)) {
            request_ = {};
            refuse(no_memory());
        }
    }
}

// Returns true if the connection ends because it was idle for too long, so that its client may
// believe that it is still open. A connection that never sent a byte is simply cut, unless the
// server drains.
bool session::ends_at_rest() const {
    return !first_ || host_.terms.draining;
}

std::optional<refusal> session::parse() {
    auto why =
        parse_request(in_.bytes().substr(scanner_.begin(), scanner_.end() - scanner_.begin()),
                      host_.settings, request_);
    if (why) return why;
    // Most bodies are within every bound, so the route's bound need not be looked up.
    const auto& settings = host_.settings;
    if (request_.content_length <= std::min(settings.body_bytes_max, settings.long_body_bytes_max))
        return std::nullopt;
    const auto limit = limit_of_body();
    if (request_.content_length > limit.bytes_max) return too_long(limit);
    return std::nullopt;
}

body_limit session::limit_of_body() const {
    const auto bound = host_.app.bound_of(request_);
    return {host_.settings.*bound.bytes_max, bound.setting};
}

// An unknown path or method is reported before what concerns the body. The request's views must be
// valid.
refusal session::first_of(const refusal& why) const {
    if (why.status != 413 && why.status != 417) return why;
    return host_.app.objection(request_).value_or(why);
}

bool session::body_is_here() const {
    return !request_.chunked &&
           in_.bytes().size() - scanner_.end() >= static_cast<std::size_t>(request_.content_length);
}

void session::log_request(const exchange& ex, core::nanoseconds took) const {
    std::vector<core::log_field> fields = {
        {"listener", host_.listener},  {"method", name_of(request_.method)},
        {"endpoint", ex.endpoint},     {"status", ex.status()},
        {"request_id", ex.request_id}, {"microseconds", took / core::microseconds(1)}};
    if (ex.client) {
        fields.emplace_back("client", ex.client->subject);
        fields.emplace_back("client_names", ex.client->alternative_names);
    }
    host_.log.write(core::log_level::debug, "request", fields);
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
    set_no_deadline();
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
    ++answered_in_a_row_;
    if (chunked_body_.capacity() > output_bytes_idle) chunked_body_ = std::string();
}

// In this file and its siblings, a co_await stands alone in its statement: g++ 12 miscompiles it
// within && and ?:. The loop is flat: a request that needs no waiting suspends once, to receive.
task<bool> session::run(std::coroutine_handle<> frame) {
    frame_ = frame;
    if (broken_) co_return false;
    if (transport_.tls()) {
        const bool secured = co_await shake_hands();
        if (!secured) co_return false;
    }
    while (!ending_ && !broken_) {
        const auto found = scanner_.scan(in_.bytes(), host_.settings);
        if (found == head_scanner::outcome::incomplete) {
            if (late_ && !unread_) {
                request_ = {};
                refuse({408, "the header did not arrive within server.header_timeout"});
                break;
            }
            // Send all answers before waiting.
            if (!send_at_once()) {
                const bool sent = co_await send_rest();
                if (!sent) co_return false;
            }
            answered_in_a_row_ = 0;
            prepare_to_receive();
            if (ending_) break;
            const bool first_byte = in_.empty();
            co_await input();
            const bool received = receive_now();
            if (broken_) co_return false;
            // What has arrived when a deadline passes still counts, since the server itself may be
            // late.
            if (!late_ || !first_byte) continue;
            if (received) {
                set_deadline(host_.settings.header_timeout);
                continue;
            }
            if (!ends_at_rest()) co_return false;
            co_return co_await linger();
        }
        if (found == head_scanner::outcome::refused) {
            request_ = {};
            refuse(scanner_.why());
            break;
        }
        if (const auto why = parse()) {
            refuse(first_of(*why), request_.get(field::x_request_id));
            break;
        }
        if (!body_is_here()) {
            const auto next = co_await read_body();
            if (next == step::end) co_return false;
            if (next == step::refused) break;
        }
        begin_answer();
        const auto before = out_.size();
        const auto begun = core::boot_clock::now();
        exchange ex(request_, keep_or_make_id(request_.get(field::x_request_id)), out_, host_.terms,
                    !request_.keep_alive, *this);
        ex.followed = in_.bytes().size() > request_end_ && host_.in_grace();
        ex.origin = &origin_;
        if (!ex.caller_is_readable()) host_.metrics.unreadable_clients.add();
        ex.as_of = begun;
        if (transport_.tls()) ex.client = transport_.tls()->client();
        host_.app.handle(ex);
        while (auto* awaited = ex.take_pending()) {
            if (!woken_) co_await suspension{*this, event::answer};
            woken_ = false;
            ex.as_of = core::boot_clock::now();
            awaited->finish(ex);
        }
        if (!ex.answered()) ex.refuse(500, "the endpoint gave no answer");
        if (!has_room_for_answer()) {
            out_.resize(before);
            out_.shrink_to_fit();
            refuse(no_memory(), ex.request_id);
            break;
        }
        finish_answer(ex, begun);
        const bool others_turn = answered_in_a_row_ >= host_.settings.pipeline_max && !ending_;
        if ((others_turn || out_.size() > output_bytes_max) && !send_at_once()) {
            const bool sent = co_await send_rest();
            if (!sent) co_return false;
        }
        if (others_turn) {
            answered_in_a_row_ = 0;
            co_await turn();
        }
    }
    late_ = false;
    if (!send_at_once()) {
        const bool sent = co_await send_rest();
        if (!sent) co_return false;
    }
    co_return co_await linger();
}

} // namespace latchkey::http
