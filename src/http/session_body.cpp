// Receives the body of a request.
#include "http/chunked_decoder.hpp"
#include "http/session.hpp"

#include <algorithm>

namespace latchkey::http {

namespace {

constexpr std::size_t chunk_window = 4096;
// Bytes to make room for before any of the body has arrived.
constexpr std::size_t body_bytes_first = 16384;

} // namespace

// Returns true if the client sends the body only after it was told to continue.
bool session::body_is_awaited() const {
    return request_.expects_continue && in_.bytes().size() == scanner_.end();
}

// The header may have moved, so it is parsed again.
session::step session::refuse_body(const refusal& why) {
    if (const auto other = parse()) return refuse(*other, sent_id_);
    return refuse(first_of(why), sent_id_);
}

task<session::step> session::read_body() {
    phase_ = phase::body;
    set_deadline(host_.settings.body_timeout);
    sent_id_ = request_.get(field::x_request_id);
    if (body_is_awaited()) {
        // RFC 9110, section 10.1.1: do not ask for a body that would be refused anyway.
        if (const auto why = host_.app.objection(request_)) co_return refuse(*why, sent_id_);
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    if (!send_at_once()) {
        const bool sent = co_await send_rest();
        if (!sent) co_return step::end;
        phase_ = phase::body;
        set_deadline(host_.settings.body_timeout);
    }
    auto read = step::again;
    if (request_.chunked)
        read = co_await read_chunked_body();
    else
        read = co_await read_plain_body();
    if (read != step::again) co_return read;
    // The header may have moved: take its views again.
    if (auto why = parse()) co_return refuse(*why, sent_id_);
    co_return step::again;
}

session::step session::without_body() {
    if (!late_) return step::end;
    return refuse({408, "the body did not arrive within server.body_timeout"}, sent_id_);
}

// Memory grows with what has arrived, not with what was announced: announcing costs a client
// nothing.
task<session::step> session::read_plain_body() {
    const auto size = scanner_.end() + static_cast<std::size_t>(request_.content_length);
    if (!may_grow(std::min(size, body_bytes_first))) co_return refuse(no_memory(), sent_id_);
    while (!body_is_here()) {
        if (in_.room().empty() && !may_grow(std::min(size, in_.capacity() * 2)))
            co_return refuse(no_memory(), sent_id_);
        const bool received = co_await receive();
        if (!received) co_return without_body();
    }
    co_return step::again;
}

task<session::step> session::read_chunked_body() {
    chunked_body_.clear();
    // Before the loop, because the request's views point into the input, which moves as it grows.
    const auto limit = limit_of_body();
    chunked_decoder decoder(limit);
    for (;;) {
        auto raw = in_.bytes().substr(scanner_.end());
        const auto before = raw.size();
        if (!may_grow_chunked(before, limit.bytes_max)) co_return refuse(no_memory(), sent_id_);
        const auto result = decoder.decode(raw, chunked_body_);
        in_.erase(scanner_.end(), before - raw.size());
        if (result == chunked_decoder::outcome::refused) co_return refuse_body(decoder.why());
        if (result == chunked_decoder::outcome::complete) break;
        if (!may_grow(scanner_.end() + chunk_window)) co_return refuse(no_memory(), sent_id_);
        const bool received = co_await receive();
        if (!received) co_return without_body();
    }
    co_return step::again;
}

} // namespace latchkey::http
