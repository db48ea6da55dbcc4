#include "request_text.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace load {

digits::digits(std::uint64_t number) {
    const auto end = std::to_chars(text_.data(), text_.data() + text_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - text_.data());
}

request_text::request_text(const request_kind& kind, std::string_view host) {
    std::string head = kind.method + ' ' + kind.path + " HTTP/1.1\r\n";
    const bool names_host = std::ranges::any_of(kind.headers, [](const auto& field) {
        return ::strcasecmp(field.first.c_str(), "Host") == 0;
    });
    if (!names_host) head.append("Host: ").append(host).append("\r\n");
    for (const auto& [name, value] : kind.headers)
        head += name + ": " + value + "\r\n";
    const bool has_length = kind.has_body || kind.method == "POST" || kind.method == "PUT";
    const numbered_text body(kind.body);
    for (std::size_t count = 1; count <= by_digits_.size(); ++count) {
        const auto length = has_length
                                ? "Content-Length: " + std::to_string(body.size(count)) + "\r\n"
                                : std::string();
        by_digits_[count - 1] = numbered_text(head + length + "\r\n" + kind.body);
    }
}

} // namespace load
