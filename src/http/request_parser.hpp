#pragma once
// Reads one whole header (as head_scanner found it) into views: strict about its syntax and about
// what frames the body (RFC 9112, sections 2 to 6).

#include <latchkey/http/configuration.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

/// Fills `out` with views into `head`; `out.body` stays empty. Allocates nothing unless it refuses.
/// Refuses: bad syntax, other versions than 1.0 and 1.1 (505), missing, repeated or misshapen Host,
/// repeated Content-Length or Authorization, Content-Length lists, Transfer-Encoding with
/// Content-Length or in HTTP/1.0 or not ending in chunked (400) or with further codings (501),
/// and expectations other than 100-continue (417). At the last one, the method and the path are
/// set: a path or method that is not known goes before it (application::objection).
std::optional<refusal> parse_request(std::string_view head, const configuration& limits,
                                     request& out);

} // namespace latchkey::http
