#pragma once
// One parsed request: views into the connection's receive buffer, valid until it is answered.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::http {

enum class method { get, head, post, put, patch, delete_, options, other };
inline constexpr std::size_t method_count = 8;

/// Returns true for methods whose body matters. Other requests may have a body, which is read and
/// dropped.
constexpr bool takes_body(method m) noexcept {
    return m == method::post || m == method::put || m == method::patch;
}

/// The name in metrics and Allow headers. Unknown methods share one name.
std::string_view name_of(method) noexcept;

/// The fields that are kept by name. All others are only checked for syntax.
enum class field {
    host,
    content_type,
    content_encoding,
    x_request_id,
    cache_control,
    authorization,
    if_none_match,
    accept_encoding,
    x_latchkey_key, ///< with a null pointer if it is absent
    x_api_key,      ///< with a null pointer if it is absent
    traceparent
};
inline constexpr std::size_t field_count = 11;

struct request {
    http::method method = http::method::other;
    std::string_view path;  ///< without the query, as sent (no percent-decoding)
    std::string_view query; ///< after '?', may be empty
    std::string_view body;

    bool http_1_0 = false;
    bool keep_alive = true;
    bool chunked = false;
    bool has_content_length = false;
    bool expects_continue = false;
    std::uint64_t content_length = 0;

    std::array<std::string_view, field_count> fields{};
    std::string_view lines;     ///< all header lines, each with its CR LF; for fields that are
                                ///< seldom needed
    std::string_view forwarded; ///< from the first line of X-Forwarded-For to the end of the
                                ///< header; may be empty
    bool has_forwarded = false; ///< the request has Forwarded (RFC 7239)
    bool has_receipt = false;   ///< the request has X-Latchkey-Receipt
    /// The request has several lines of Authorization: which one counts would be anybody's guess.
    bool repeats_authorization = false;
    bool repeats_api_key = false; ///< the same of X-API-Key
    std::string_view get(field f) const { return fields[static_cast<std::size_t>(f)]; }
    /// True if the method takes a body, but nothing says how long it is.
    bool has_no_length() const noexcept {
        return takes_body(method) && !chunked && !has_content_length && body.empty();
    }
};

} // namespace latchkey::http
