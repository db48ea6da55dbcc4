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
/// expectations other than 100-continue (417), and bodies past the limit (413). At these two, the
/// method and the path are set: what is not known goes before (application::objection).
std::optional<refusal> parse_request(std::string_view head, const configuration& limits,
                                     request& out);

} // namespace latchkey::http
