#pragma once
// The first line of a request (RFC 9112, section 3).

#include <latchkey/http/configuration.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

/// Reads the line (without its CR LF) into `out`: the method, path and query, and the version.
/// Refuses what is no request line (400), a target that is neither a path, "*" nor an http URL
/// (400), one past the limit (414), and other versions than 1.0 and 1.1 (505).
std::optional<refusal> read_request_line(std::string_view line, const configuration& limits,
                                         request& out);

} // namespace latchkey::http
