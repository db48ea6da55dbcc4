#pragma once
// Parses one whole header (as head_scanner found it) into views. Strict about its syntax and about
// what frames the body (RFC 9112, sections 2 to 6).
//
// Why not Boost.Beast's parser: all checks are needed behind it too, and then a header takes half
// as many instructions again. It also refuses a Proxy-Connection that it cannot read, and waits for
// more bytes before it refuses a chunk that is longer than its size or a trailer. The fuzz target
// for requests checks that Beast reads whatever is accepted here in the same way.

#include <latchkey/http/configuration.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

/// Fills `out` with views into `head`; `out.body` stays empty. Allocates only if it refuses.
/// Refuses: bad syntax, versions other than 1.0 and 1.1 (505), a missing, repeated or malformed
/// Host, a repeated Content-Length or Authorization, Content-Length lists, Transfer-Encoding
/// together with Content-Length, in HTTP/1.0 or not ending in chunked (400), further codings (501),
/// and expectations other than 100-continue (417). After a 417, the method and the path are set,
/// because an unknown path or method is answered before it (application::objection).
std::optional<refusal> parse_request(std::string_view head, const configuration& limits,
                                     request& out);

} // namespace latchkey::http
