#pragma once
// Writes answers as bytes. Everything a client sees begins here.

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::http {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";

struct response {
    int status = 200;
    std::string_view content_type = json_type;
    std::string_view body{};
    std::string_view request_id{};
    std::string_view extra_fields{}; ///< whole lines, each with its CR LF
    std::string_view limit_fields{}; ///< the same
    std::string_view date{};         ///< the whole Date line, or empty

    bool without_body = false; ///< HEAD: the header of the whole answer
    bool close = false;        ///< say that the connection ends here
    bool http_1_0 = false;     ///< an HTTP/1.0 client hears of keep-alive
};

/// Appends the answer. Allocates only when `out` is full.
void append_response(std::string& out, const response&);

/// RFC 9457: {"type","title","status","detail","code","request_id"}. Appends.
void append_problem(std::string& out, int status, std::string_view detail,
                    std::string_view request_id);

/// `Date: …` with CR LF (RFC 9110, section 5.6.7) for seconds since 1970.
std::string date_line(long long unix_seconds);

} // namespace latchkey::http
