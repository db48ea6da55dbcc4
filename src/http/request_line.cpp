#include "http/request_line.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/characters.hpp>
#include <latchkey/http/field_values.hpp>

#include <array>

namespace latchkey::http {

namespace {

constexpr std::array<std::string_view, method_count> method_names = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};

method method_of(std::string_view name) {
    // POST first, because most requests are.
    if (core::is_literal(name, "POST")) return method::post;
    for (std::size_t i = 0; i + 1 < method_count; ++i)
        if (name == method_names[i]) return static_cast<method>(i);
    return method::other;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<refusal> read_version(std::string_view text, request& out) {
    if (core::is_literal(text, "HTTP/1.1")) return std::nullopt;
    out.http_1_0 = core::is_literal(text, "HTTP/1.0");
    if (out.http_1_0) return std::nullopt;
    const bool version = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                         text[6] == '.' && is_digit(text[7]);
    if (version) return refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    return refusal{400, "the request line does not end in a version of HTTP"};
}

// Returns the path of an http URL. Returns nullopt if it is not one, has no host, or has user
// information.
std::optional<std::string_view> path_of_url(std::string_view target) {
    const auto scheme = target.find("://");
    const auto name = target.substr(0, scheme);
    if (scheme == std::string_view::npos ||
        !(core::same_text(name, "http") || core::same_text(name, "https")))
        return std::nullopt;
    const auto path = target.find_first_of("/?", scheme + 3);
    const auto host = target.substr(scheme + 3, path - (scheme + 3));
    if (host.empty() || !is_host(host)) return std::nullopt;
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

// RFC 9112, section 3.2: origin-form, absolute-form, and "*" for OPTIONS.
std::optional<refusal> read_target(std::string_view target, request& out) {
    const bool asterisk = target == "*" && out.method == method::options;
    if (target.front() != '/' && !asterisk) {
        const auto path = path_of_url(target);
        if (!path) return refusal{400, "the request target is neither a path nor an http URL"};
        target = *path;
    }
    const auto mark = target.find('?');
    out.path = target.substr(0, mark);
    if (out.path.empty()) out.path = "/";
    out.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    return std::nullopt;
}

// What is wrong with a line's rest that does not begin with a target and a space.
refusal why_no_target(std::string_view rest) {
    const auto end = rest.find(' ');
    if (end == std::string_view::npos || end == 0)
        return {400, "the request line is not a method, a target and a version"};
    if (rest.substr(0, end).find('#') != std::string_view::npos)
        return {400, "the request target has a fragment"};
    return {400, "the request target holds a character that no URL has"};
}

} // namespace

std::optional<refusal> read_request_line(std::string_view line, const configuration& limits,
                                         request& out) {
    const auto method_end = token_characters.span_end(line, 0);
    if (method_end == 0 || method_end == line.size() || line[method_end] != ' ')
        return refusal{400, "the request line does not begin with a method"};
    const auto target_begin = method_end + 1;
    const auto target_end = request_target_characters.span_end(line, target_begin);
    if (target_end == target_begin || target_end == line.size() || line[target_end] != ' ') {
        guess_request_line(line, out);
        return why_no_target(line.substr(target_begin));
    }
    const auto target = line.substr(target_begin, target_end - target_begin);
    out.method = method_of(line.substr(0, method_end));
    // Before other refusals: whoever answers them looks at the path.
    auto bad_target = read_target(target, out);
    if (auto why = read_version(line.substr(target_end + 1), out)) return why;
    if (target.size() > limits.target_bytes_max)
        return refusal{414, "the request target is longer than server.target_bytes_max"};
    return bad_target;
}

void guess_request_line(std::string_view begun, request& out) {
    const auto method_end = token_characters.span_end(begun, 0);
    const auto target_begin = method_end + 1;
    if (method_end == 0 || target_begin >= begun.size() || begun[method_end] != ' ') return;
    const auto target_end = request_target_characters.span_end(begun, target_begin);
    if (target_end == target_begin) return;
    out.method = method_of(begun.substr(0, method_end));
    read_target(begun.substr(target_begin, target_end - target_begin), out);
}

std::string_view name_of(method m) noexcept {
    return method_names[static_cast<std::size_t>(m)];
}

} // namespace latchkey::http
