#include <latchkey/http/refusal.hpp>

#include <algorithm>
#include <iterator>

namespace latchkey::http {

namespace {

struct status_names {
    int status;
    std::string_view reason;
    std::string_view code;
};

constexpr status_names names[] = {
    {200, "OK", ""},
    {201, "Created", ""},
    {204, "No Content", ""},
    {304, "Not Modified", ""},
    {400, "Bad Request", "BAD_REQUEST"},
    {401, "Unauthorized", "UNAUTHENTICATED"},
    {403, "Forbidden", "FORBIDDEN"},
    {404, "Not Found", "PATH_NOT_FOUND"},
    {405, "Method Not Allowed", "METHOD_NOT_ALLOWED"},
    {408, "Request Timeout", "REQUEST_TIMEOUT"},
    {409, "Conflict", "CONFLICT"},
    {411, "Length Required", "LENGTH_REQUIRED"},
    {413, "Content Too Large", "CONTENT_TOO_LARGE"},
    {414, "URI Too Long", "URI_TOO_LONG"},
    {415, "Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE"},
    {417, "Expectation Failed", "EXPECTATION_FAILED"},
    {422, "Unprocessable Content", "UNPROCESSABLE"},
    {429, "Too Many Requests", "RATE_LIMITED"},
    {431, "Request Header Fields Too Large", "HEADER_TOO_LARGE"},
    {500, "Internal Server Error", "INTERNAL"},
    {501, "Not Implemented", "NOT_IMPLEMENTED"},
    {503, "Service Unavailable", "UNAVAILABLE"},
    {505, "HTTP Version Not Supported", "HTTP_VERSION_NOT_SUPPORTED"},
};

const status_names* find(int status) noexcept {
    const auto found = std::ranges::find(names, status, &status_names::status);
    return found == std::end(names) ? nullptr : found;
}

} // namespace

std::string_view reason_phrase(int status) noexcept {
    const auto* found = find(status);
    return found ? found->reason : std::string_view();
}

std::string_view problem_code(int status) noexcept {
    const auto* found = find(status);
    return found ? found->code : std::string_view();
}

std::string_view oauth_error(int status) noexcept {
    switch (status) {
    case 401:
        return "invalid_client";
    case 403:
        return "insufficient_scope"; // RFC 6750, section 3.1
    case 429:
    case 503:
        return "temporarily_unavailable";
    case 500:
        return "server_error";
    default:
        return "invalid_request";
    }
}

} // namespace latchkey::http
