#include "http/head_scanner.hpp"

namespace latchkey::http {

namespace {

// Room for the method, two spaces and "HTTP/1.1" around the target.
constexpr std::size_t request_line_margin = 64;

} // namespace

head_scanner::outcome head_scanner::refuse(int status, const char* detail) {
    why_ = {status, detail};
    return outcome::refused;
}

head_scanner::outcome head_scanner::line_ended(std::string_view bytes, std::size_t line_feed,
                                               const configuration& limits) {
    // First refuse what would have been refused if the bytes had ended before this one, so that the
    // result does not depend on how they arrive.
    const auto before = still_open(line_feed, limits);
    if (before != outcome::incomplete) return before;
    if (line_feed == line_start_ || bytes[line_feed - 1] != '\r')
        return refuse(400, "a line of the header ends in a bare line feed; lines end in CR LF");
    const std::size_t length = line_feed - line_start_ - 1;
    const char first = bytes[line_start_];
    line_start_ = line_feed + 1;
    if (line_start_ - begin_ > limits.header_bytes_max)
        return refuse(431, "the header is larger than server.header_bytes_max");
    if (length == 0) {
        if (lines_ > 0) return outcome::complete;
        // RFC 9112, section 2.2: one empty line before the request line is ignored.
        if (begin_ != 0) return refuse(400, "empty lines come before the request line");
        begin_ = line_start_;
        return outcome::incomplete;
    }
    if (first == ' ' || first == '\t')
        return refuse(400, "a line of the header begins with white space (obsolete line folding)");
    ++lines_;
    if (lines_ > limits.header_fields_max + 1)
        return refuse(431, "the header has more fields than server.header_fields_max");
    return outcome::incomplete;
}

head_scanner::outcome head_scanner::still_open(std::size_t size, const configuration& limits) {
    const auto line_max = limits.target_bytes_max + request_line_margin;
    if (lines_ == 0 && line_max <= limits.header_bytes_max && size - line_start_ > line_max)
        return refuse(414, "the request target is longer than server.target_bytes_max");
    if (size - begin_ > limits.header_bytes_max)
        return refuse(431, "the header is larger than server.header_bytes_max");
    return outcome::incomplete;
}

head_scanner::outcome head_scanner::scan(std::string_view bytes, const configuration& limits) {
    for (;;) {
        const std::size_t line_feed = bytes.find('\n', scanned_);
        if (line_feed == std::string_view::npos) break;
        scanned_ = line_feed + 1;
        const auto result = line_ended(bytes, line_feed, limits);
        if (result != outcome::incomplete) return result;
    }
    scanned_ = bytes.size();
    return still_open(bytes.size(), limits);
}

} // namespace latchkey::http
