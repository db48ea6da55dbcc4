#pragma once
// What the values of some header fields say.

#include <string>
#include <string_view>

namespace latchkey::http {

/// A field's values in all of a request's `lines`, as one list (RFC 9110, section 5.3); `name` in
/// small letters. For fields that few read.
std::string list_of(std::string_view lines, std::string_view name);

/// Is this a host with an optional port, or nothing (RFC 9110, section 7.2)? The port may be empty.
bool is_host(std::string_view text) noexcept;

/// Is this Content-Type application/json, whatever its parameters (RFC 9110, section 8.3)?
bool is_json(std::string_view content_type) noexcept;

/// Does this Content-Encoding field name a coding but "identity" (RFC 9110, section 8.4)?
bool names_coding(std::string_view content_encoding) noexcept;

/// RFC 9110, section 12.4.2: "1", "0", and up to three decimals. In thousandths; 0 when malformed.
int weight_of(std::string_view text) noexcept;

/// Does this Accept-Encoding field ask for gzip, and prefer it to an answer that is not compressed
/// (RFC 9110, section 12.5.3)? An empty one asks for nothing; a malformed weight counts as 0.
bool prefers_gzip(std::string_view accept_encoding) noexcept;

/// Does If-None-Match hold this entity tag, or "*"? Compared weakly (RFC 9110, section 13.1.2).
bool has_entity_tag(std::string_view if_none_match, std::string_view tag) noexcept;

/// Cache-Control in a request (RFC 9111, section 5.2.1) asks for an answer from behind the cache:
/// "no-cache", or "no-store", which says that and more.
bool asks_for_no_cache(std::string_view cache_control) noexcept;
/// "no-store": the answer is not to be kept, either.
bool asks_for_no_store(std::string_view cache_control) noexcept;

} // namespace latchkey::http
