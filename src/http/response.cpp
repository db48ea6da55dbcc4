#include <latchkey/http/response.hpp>

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/text_writer.hpp>
#include <latchkey/http/refusal.hpp>

#include <charconv>
#include <ctime>
#include <span>

namespace latchkey::http {

namespace {

constexpr std::size_t digits_max = 20;

void append_number(std::string& out, std::size_t n) {
    char digits[digits_max];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out.append(digits, end);
}

} // namespace

void append_response(std::string& out, const response& r) {
    constexpr std::size_t fixed_parts = 208; // more than all literals and numbers below
    const auto reason = r.status == 200 ? std::string_view() : reason_phrase(r.status);
    const auto used = out.size();
    // Make room once, because a header has a dozen pieces. The body may be long: zeros are not
    // written where it goes.
    const auto header_max = fixed_parts + reason.size() + r.date.size() + r.content_type.size() +
                            r.request_id.size() + r.traceparent.size() + r.extra_fields.size() +
                            r.limit_fields.size();
    out.reserve(used + header_max + r.body.size());
    out.resize(used + header_max);
    core::text_writer write{std::span<char>(out).subspan(used)};
    if (r.status == 200)
        write << "HTTP/1.1 200 OK\r\n";
    else
        write << "HTTP/1.1 " << static_cast<std::uint64_t>(r.status) << " " << reason << "\r\n";
    write << r.date;
    // RFC 9110, section 8.6: 204 must not have them, and with 304 they would describe the other
    // answer.
    if (r.status != 204 && r.status != 304) {
        if (!r.content_type.empty()) write << "Content-Type: " << r.content_type << "\r\n";
        write << "Content-Length: " << r.body.size() << "\r\n";
    }
    write << "X-Request-Id: " << r.request_id << "\r\n";
    if (!r.traceparent.empty()) write << "traceparent: " << r.traceparent << "\r\n";
    write << r.extra_fields << r.limit_fields;
    if (r.close)
        write << "Connection: close\r\n";
    else if (r.http_1_0)
        write << "Connection: keep-alive\r\n";
    write << "\r\n";
    out.resize(used + write.written().size());
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

void append_oauth_error(std::string& out, std::string_view error, std::string_view description) {
    out += R"({"error":")";
    out += error;
    out += R"(","error_description":")";
    for (const char c : description) {
        const bool fits = c >= ' ' && c < 0x7f && c != '\\';
        out += c == '"' ? '\'' : fits ? c : '?';
    }
    out += "\"}";
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
