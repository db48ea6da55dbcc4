#pragma once
// Parses the first line of a request (RFC 9112, section 3).

#include <latchkey/http/configuration.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

/// Parses the line (without its CR LF) into `out`: the method, path, query and version. Refuses a
/// malformed line (400), a target that is not a path, "*" or an http URL (400), a target above the
/// limit (414), and versions other than 1.0 and 1.1 (505).
std::optional<refusal> read_request_line(std::string_view line, const configuration& limits,
                                         request& out);

/// Sets the method and the path of a request whose head is refused, as far as they are there.
/// `begun`: what has arrived, from the line's begin.
void guess_request_line(std::string_view begun, request& out);

} // namespace latchkey::http
