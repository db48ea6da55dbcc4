#include "http/request_reader.hpp"

#include "http/chunked_decoder.hpp"
#include "http/request_line.hpp"
#include "http/request_parser.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::http {

namespace {

constexpr std::size_t chunk_window = 4096;
// Bytes to make room for before any of the body has arrived.
constexpr std::size_t body_bytes_first = 16384;

refusal too_slow() {
    return {408, "the body did not arrive within server.body_timeout"};
}

} // namespace

request_reader::state request_reader::look() {
    const auto found = scanner_->scan(from_.buffers.in.bytes(), host_.settings);
    if (found == head_scanner::outcome::incomplete) return state::no_head;
    if (found == head_scanner::outcome::refused) return refuse_unparsed();
    if (!parse()) return state::refused;
    return has_plain_body() ? whole() : state::no_body;
}

request_reader::state request_reader::refuse_unparsed() {
    guess();
    why_ = scanner_->why();
    return state::refused;
}

const request& request_reader::guess() {
    asked_ = {};
    auto begun = from_.buffers.in.bytes();
    while (begun.starts_with('\r') || begun.starts_with('\n'))
        begun.remove_prefix(1);
    guess_request_line(begun, asked_);
    return asked_;
}

request_reader::state request_reader::whole() {
    if (asked_.chunked) {
        asked_.body = from_.buffers.chunked_body;
        end_ = scanner_->end();
    } else {
        const auto length = static_cast<std::size_t>(asked_.content_length);
        asked_.body = from_.buffers.in.bytes().substr(scanner_->end(), length);
        end_ = scanner_->end() + length;
    }
    return state::whole;
}

void request_reader::drop() {
    from_.buffers.in.consume(end_);
    from_.buffers.free_chunked_body();
    scanner_.emplace();
}

// Returns false if the header is refused.
bool request_reader::parse() {
    const auto head = from_.buffers.in.bytes().substr(0, scanner_->end());
    auto why = parse_request(head.substr(scanner_->begin()), host_.settings, asked_);
    // Most bodies are within every bound, so the route's bound need not be looked up.
    const auto& settings = host_.settings;
    if (!why &&
        asked_.content_length > std::min(settings.body_bytes_max, settings.long_body_bytes_max)) {
        const auto limit = limit_of_body();
        if (asked_.content_length > limit.bytes_max) why = too_long(limit);
    }
    if (why) why_ = first_of(*why);
    return !why;
}

body_limit request_reader::limit_of_body() const {
    const auto bound = host_.app.bound_of(asked_);
    return {host_.settings.*bound.bytes_max, bound.setting};
}

// An unknown path or method is reported before what concerns the body.
refusal request_reader::first_of(const refusal& why) const {
    if (why.status != 413 && why.status != 417) return why;
    return host_.app.objection(asked_).value_or(why);
}

bool request_reader::has_plain_body() const {
    return !asked_.chunked && from_.buffers.in.bytes().size() - scanner_->end() >=
                                  static_cast<std::size_t>(asked_.content_length);
}

// Returns true if the client sends the body only after it was told to continue.
bool request_reader::body_is_awaited() const {
    return asked_.expects_continue && from_.buffers.in.bytes().size() == scanner_->end();
}

bool request_reader::give_up(refusal why) {
    why_ = std::move(why);
    return false;
}

task<request_reader::state> request_reader::read_body() {
    if (body_is_awaited()) {
        // RFC 9110, section 10.1.1: do not ask for a body that would be refused anyway.
        if (auto why = host_.app.objection(asked_)) {
            why_ = std::move(*why);
            co_return state::refused;
        }
        from_.buffers.out += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    const bool sent = co_await from_.flush();
    if (!sent) co_return state::no_body;
    from_.begin(phase::busy, host_.settings.body_timeout);
    bool has_body = false;
    if (asked_.chunked)
        has_body = co_await read_chunked_body();
    else
        has_body = co_await read_plain_body();
    if (from_.broken()) co_return state::no_body;
    // The header may have moved: take its views again. The settings may have changed, too.
    if (!parse()) co_return state::refused;
    if (has_body) co_return whole();
    why_ = first_of(why_);
    co_return state::refused;
}

// Memory grows with what has arrived, not with what was announced: announcing costs a client
// nothing.
task<bool> request_reader::read_plain_body() {
    const auto size = scanner_->end() + static_cast<std::size_t>(asked_.content_length);
    auto& buffers = from_.buffers;
    if (!buffers.grow_input(std::min(size, body_bytes_first))) co_return give_up(buffers.full());
    while (!has_plain_body()) {
        if (buffers.in.room().empty() &&
            !buffers.grow_input(std::min(size, buffers.in.capacity() * 2)))
            co_return give_up(buffers.full());
        const bool goes_on = co_await from_.receive();
        if (!goes_on) co_return give_up(too_slow());
    }
    co_return true;
}

task<bool> request_reader::read_chunked_body() {
    // Before the loop, because the request's views point into the input, which moves as it grows.
    const auto limit = limit_of_body();
    chunked_decoder decoder(limit);
    auto& buffers = from_.buffers;
    buffers.chunked_body.clear();
    for (;;) {
        auto raw = buffers.in.bytes().substr(scanner_->end());
        const auto before = raw.size();
        if (!buffers.grow_chunked_body(before, limit.bytes_max)) co_return give_up(buffers.full());
        const auto found = decoder.decode(raw, buffers.chunked_body);
        buffers.in.erase(scanner_->end(), before - raw.size());
        if (found == chunked_decoder::outcome::refused) co_return give_up(decoder.why());
        if (found == chunked_decoder::outcome::complete) co_return true;
        if (!buffers.grow_input(scanner_->end() + chunk_window)) co_return give_up(buffers.full());
        const bool goes_on = co_await from_.receive();
        if (!goes_on) co_return give_up(too_slow());
    }
}

} // namespace latchkey::http
