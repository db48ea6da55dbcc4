#pragma once
// Writes answers as bytes. Every answer that a client sees is written here.

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::http {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";
/// The Content-Security-Policy of pages and their parts: all of a page comes from its own origin,
/// nothing stands within the page itself, and no page of others may frame it.
inline constexpr std::string_view page_policy = "default-src 'self'; frame-ancestors 'none'";

struct response {
    int status = 200;
    std::string_view content_type = json_type; ///< empty: there is no body to describe
    std::string_view body{};
    std::string_view request_id{};
    std::string_view traceparent{};  ///< empty: the request belongs to no trace
    std::string_view extra_fields{}; ///< whole lines, each with its CR LF
    std::string_view limit_fields{}; ///< whole lines, each with its CR LF
    std::string_view date{};         ///< the whole Date line, or empty

    bool without_body = false; ///< for HEAD: the header as with a body, but no body
    bool close = false;        ///< say that the connection ends here
    bool http_1_0 = false;     ///< an HTTP/1.0 client is told of keep-alive
};

/// Appends the answer. Allocates only if `out` has not enough capacity.
void append_response(std::string& out, const response&);

/// Appends the JSON of RFC 9457: {"type","title","status","detail","code","request_id"}.
void append_problem(std::string& out, int status, std::string_view detail,
                    std::string_view request_id);

/// Appends {"error","error_description"} (RFC 6749, section 5.2). What its grammar does not let
/// stand in a description is replaced.
void append_oauth_error(std::string& out, std::string_view error, std::string_view description);

/// Returns `Date: …` with CR LF (RFC 9110, section 5.6.7) for seconds since 1970.
std::string date_line(long long unix_seconds);

} // namespace latchkey::http
