#include "http/chunked_decoder.hpp"

#include <algorithm>

namespace latchkey::http {

namespace {

constexpr std::size_t extension_length_max = 256;
constexpr std::size_t size_digits_max = 8;
// For one body: many small chunks with long extensions would be much work for few bytes.
constexpr std::size_t extensions_length_max = 8192;

int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

chunked_decoder::outcome chunked_decoder::refuse(int status, std::string detail) {
    why_ = {status, std::move(detail)};
    return outcome::refused;
}

chunked_decoder::outcome chunked_decoder::size_ended() {
    if (decoded_ + left_ > limit_.bytes_max) {
        why_ = too_long(limit_);
        return outcome::refused;
    }
    state_ = left_ == 0 ? state::last_cr : state::data;
    digits_ = 0;
    extension_length_ = 0;
    return outcome::incomplete;
}

chunked_decoder::outcome chunked_decoder::take_size(char c) {
    if (const int digit = hexadecimal(c); digit >= 0) {
        if (++digits_ > size_digits_max) return refuse(400, "a chunk size is too long");
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return outcome::incomplete;
    }
    if (digits_ == 0) return refuse(400, "a chunk size is not hexadecimal");
    if (c == '\r') {
        state_ = state::size_line_feed;
        return outcome::incomplete;
    }
    state_ = state::extension;
    extension_ = {};
    return take_extension(c);
}

chunked_decoder::outcome chunked_decoder::take_extension(char c) {
    if (c == '\r' && extension_.may_end()) {
        state_ = state::size_line_feed;
        return outcome::incomplete;
    }
    if (++extension_length_ > extension_length_max)
        return refuse(400, "the extensions of a chunk are too long");
    if (++extensions_length_ > extensions_length_max)
        return refuse(400, "the extensions of all chunks are too long");
    if (!extension_.take(c))
        return refuse(400, "a chunk size is followed by what is no chunk extension");
    return outcome::incomplete;
}

chunked_decoder::outcome chunked_decoder::step(char c) {
    switch (state_) {
    case state::size:
        return take_size(c);
    case state::extension:
        return take_extension(c);
    case state::size_line_feed:
        if (c != '\n') return refuse(400, "a chunk size does not end in CR LF");
        return size_ended();
    case state::data_cr:
        if (c != '\r') return refuse(400, "a chunk is longer than its size");
        state_ = state::data_lf;
        return outcome::incomplete;
    case state::data_lf:
        if (c != '\n') return refuse(400, "a chunk does not end in CR LF");
        state_ = state::size;
        return outcome::incomplete;
    case state::last_cr:
        if (c != '\r') return refuse(400, "trailer fields are not accepted");
        state_ = state::last_lf;
        return outcome::incomplete;
    case state::last_lf:
        if (c != '\n') return refuse(400, "the last chunk does not end in CR LF");
        return outcome::complete;
    case state::data:
        break; // decode() takes data whole
    }
    return outcome::incomplete;
}

chunked_decoder::outcome chunked_decoder::decode(std::string_view& raw, std::string& body) {
    while (!raw.empty()) {
        if (state_ == state::data) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw.size()));
            body.append(raw.substr(0, n));
            raw.remove_prefix(n);
            decoded_ += n;
            left_ -= n;
            if (left_ == 0) state_ = state::data_cr;
            continue;
        }
        const auto result = step(raw.front());
        raw.remove_prefix(1);
        if (result != outcome::incomplete) return result;
    }
    return outcome::incomplete;
}

} // namespace latchkey::http
