#include "answer_reader.hpp"

#include <strings.h>

#include <charconv>

namespace load {
namespace {

constexpr std::size_t head_max = 65536, body_max = std::size_t{256} << 20;

bool is_name(std::string_view name, std::string_view wanted) {
    return name.size() == wanted.size() &&
           ::strncasecmp(name.data(), wanted.data(), wanted.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

bool read_number(std::string_view text, int base, std::size_t& out) {
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    return wrong == std::errc() && end == text.data() + text.size() && out <= body_max;
}

} // namespace

void answer_reader::begin(bool without_body) {
    pending_.clear();
    decoded_.clear();
    body_ = {};
    at_ = 0;
    status_ = 0;
    has_begun_ = has_head_ = false;
    without_body_ = without_body;
}

answer_reader::state answer_reader::take(std::string_view bytes) {
    has_begun_ = true;
    if (!pending_.empty()) {
        pending_ += bytes;
        return read(pending_);
    }
    const state now = read(bytes);
    if (now == state::partial) pending_ = bytes;
    return now;
}

answer_reader::state answer_reader::closed() {
    if (!has_head_ || framing_ != framing::until_closed)
        return broken("the connection was closed within an answer");
    body_ = std::string_view(pending_).substr(at_);
    keeps_alive_ = false;
    return state::whole;
}

answer_reader::state answer_reader::broken(const char* why) {
    fault_ = why;
    return state::broken;
}

answer_reader::state answer_reader::read(std::string_view all) {
    fault_ = "";
    while (!has_head_) {
        const std::size_t end = all.find("\r\n\r\n", at_);
        if (end == all.npos && all.size() - at_ <= head_max) return state::partial;
        if (end == all.npos) return broken("an answer's header is longer than 64 KiB");
        if (!read_head(all.substr(at_, end + 2 - at_))) return state::broken;
        at_ = end + 4;
        has_head_ = status_ >= 200;
    }
    return framing_ == framing::chunked ? read_chunks(all) : read_body(all);
}

// The lines of the header, each with its CR LF.
bool answer_reader::read_head(std::string_view all) {
    has_length_ = is_chunked_ = false;
    keeps_alive_ = true;
    bool first = true;
    while (!all.empty()) {
        const std::size_t end = all.find("\r\n");
        const auto line = all.substr(0, end);
        if (first ? !read_status_line(line) : !read_field(line)) return false;
        first = false;
        all.remove_prefix(end + 2);
    }
    return status_ < 200 || choose_framing();
}

bool answer_reader::read_status_line(std::string_view line) {
    std::size_t status = 0;
    const bool is_http = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
    const bool ends = line.size() == 12 || (line.size() > 12 && line[12] == ' ');
    if (!is_http || !ends || !read_number(line.substr(9, 3), 10, status) || status < 100 ||
        status > 599) {
        broken("the answer does not begin with a status line of HTTP/1.1");
        return false;
    }
    if (status == 101) {
        broken("the answer is 101, which ends HTTP on the connection");
        return false;
    }
    if (line[7] == '0') keeps_alive_ = false;
    status_ = static_cast<int>(status);
    return true;
}

bool answer_reader::read_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0 || line[0] == ' ' || line[0] == '\t' ||
        line[colon - 1] == ' ') {
        broken("a line of the header is no field");
        return false;
    }
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (is_name(name, "Content-Length")) return read_length(value);
    if (is_name(name, "Transfer-Encoding")) return read_coding(value);
    if (is_name(name, "Connection"))
        keeps_alive_ =
            is_name(value, "close") ? false : keeps_alive_ || is_name(value, "keep-alive");
    return true;
}

bool answer_reader::read_length(std::string_view value) {
    std::size_t length = 0;
    const bool is_number = read_number(value, 10, length);
    if (!is_number) broken("Content-Length is no number, or is more than 256 MiB");
    const bool differs = is_number && has_length_ && length != length_;
    if (differs) broken("there are two different Content-Length fields");
    has_length_ = true;
    length_ = length;
    return is_number && !differs;
}

bool answer_reader::read_coding(std::string_view value) {
    is_chunked_ = is_name(value, "chunked");
    if (!is_chunked_) broken("Transfer-Encoding is not chunked");
    return is_chunked_;
}

bool answer_reader::choose_framing() {
    if (without_body_ || status_ == 204 || status_ == 304) {
        framing_ = framing::length;
        length_ = 0;
    } else if (is_chunked_) {
        framing_ = framing::chunked;
        step_ = step::size;
        if (has_length_) broken("the answer has both Transfer-Encoding and Content-Length");
        return !has_length_;
    } else {
        framing_ = has_length_ ? framing::length : framing::until_closed;
    }
    return true;
}

answer_reader::state answer_reader::read_body(std::string_view all) {
    if (framing_ == framing::until_closed)
        return all.size() - at_ <= body_max ? state::partial
                                            : broken("an answer is larger than 256 MiB");
    if (all.size() - at_ < length_) return state::partial;
    body_ = all.substr(at_, length_);
    return ends_at(at_ + length_, all.size());
}

// One request is under way on a connection, so nothing may follow its answer.
answer_reader::state answer_reader::ends_at(std::size_t end, std::size_t size) {
    return end == size ? state::whole : broken("bytes follow the answer that belong to none");
}

answer_reader::state answer_reader::read_chunks(std::string_view all) {
    for (bool waits = false; step_ != step::done;) {
        step_ = chunk_step(all, waits);
        if (step_ == step::broken) return state::broken;
        if (waits) return state::partial;
    }
    body_ = decoded_;
    return ends_at(at_, all.size());
}

// What comes after the step that is under way. waits: more bytes are needed first.
answer_reader::step answer_reader::chunk_step(std::string_view all, bool& waits) {
    std::string_view line;
    if (step_ == step::data) {
        const auto data = all.substr(at_, length_);
        decoded_ += data;
        at_ += data.size();
        length_ -= data.size();
        waits = length_ > 0;
        return waits ? step::data : step::end_of_data;
    }
    waits = !next_line(all, line);
    if (waits && all.size() - at_ > head_max) {
        broken("a line between chunks is longer than 64 KiB");
        return step::broken;
    }
    if (waits) return step_;
    if (step_ == step::size) return read_size(line);
    if (step_ == step::trailer) return line.empty() ? step::done : step::trailer;
    if (line.empty()) return step::size;
    broken("a chunk is longer than its size says");
    return step::broken;
}

answer_reader::step answer_reader::read_size(std::string_view line) {
    const auto size = trimmed(line.substr(0, line.find(';')));
    if (!read_number(size, 16, length_) || decoded_.size() + length_ > body_max) {
        broken(
            "the size of a chunk is no hexadecimal number, or the answer is larger than 256 MiB");
        return step::broken;
    }
    return length_ == 0 ? step::trailer : step::data;
}

bool answer_reader::next_line(std::string_view all, std::string_view& line) {
    const std::size_t end = all.find("\r\n", at_);
    if (end == all.npos) return false;
    line = all.substr(at_, end - at_);
    at_ = end + 2;
    return true;
}

} // namespace load
