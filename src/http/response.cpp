#include <latchkey/http/response.hpp>

#include <latchkey/core/json_text.hpp>
#include <latchkey/http/refusal.hpp>

#include <charconv>
#include <ctime>

namespace latchkey::http {

namespace {

void append_number(std::string& out, std::size_t n) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out.append(digits, end);
}

} // namespace

void append_response(std::string& out, const response& r) {
    if (r.status == 200) {
        out += "HTTP/1.1 200 OK\r\n";
    } else {
        out += "HTTP/1.1 ";
        append_number(out, static_cast<std::size_t>(r.status));
        out += ' ';
        out += reason_phrase(r.status);
        out += "\r\n";
    }
    out += r.date;
    out += "Content-Type: ";
    out += r.content_type;
    out += "\r\nContent-Length: ";
    append_number(out, r.body.size());
    out += "\r\nX-Request-Id: ";
    out += r.request_id;
    out += "\r\n";
    out += r.extra_fields;
    if (r.close)
        out += "Connection: close\r\n";
    else if (r.http_1_0)
        out += "Connection: keep-alive\r\n";
    out += "\r\n";
    if (!r.without_body) out += r.body;
}

void append_problem(std::string& out, int status, std::string_view detail,
                    std::string_view request_id) {
    out += R"({"type":"about:blank","title":)";
    core::append_json_string(out, reason_phrase(status));
    out += ",\"status\":";
    append_number(out, static_cast<std::size_t>(status));
    out += ",\"detail\":";
    core::append_json_string(out, detail);
    out += ",\"code\":";
    core::append_json_string(out, problem_code(status));
    out += ",\"request_id\":";
    core::append_json_string(out, request_id);
    out += '}';
}

std::string date_line(long long unix_seconds) {
    const auto seconds = static_cast<std::time_t>(unix_seconds);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[48];
    const auto n = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    return std::string(text, n);
}

} // namespace latchkey::http
