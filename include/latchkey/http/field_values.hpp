#pragma once
// Reads the values of some header fields.

#include <string>
#include <string_view>

namespace latchkey::http {

/// Joins the values of a field in all of a request's `lines` into one list (RFC 9110, section 5.3).
/// `name` is in lower case. Scans all lines; use it for fields that are seldom needed.
std::string list_of(std::string_view lines, std::string_view name);

/// Returns true for a host with an optional port and for an empty text (RFC 9110, section 7.2). The
/// port may be empty.
bool is_host(std::string_view text) noexcept;

/// Returns true for application/json with any parameters (RFC 9110, section 8.3).
bool is_json(std::string_view content_type) noexcept;

/// Returns true if this Content-Encoding names a coding other than "identity" (RFC 9110, section
/// 8.4).
bool names_coding(std::string_view content_encoding) noexcept;

/// Returns the weight "0" to "1", with up to three decimals (RFC 9110, section 12.4.2), in
/// thousandths; 0 if it is malformed.
int weight_of(std::string_view text) noexcept;

/// Returns true if this Accept-Encoding asks for gzip and does not prefer an uncompressed answer
/// (RFC 9110, section 12.5.3). An empty field asks for nothing. A malformed weight counts as 0.
bool prefers_gzip(std::string_view accept_encoding) noexcept;

/// Returns true if If-None-Match holds this entity tag or "*". Compares weakly (RFC 9110, section
/// 13.1.2).
bool has_entity_tag(std::string_view if_none_match, std::string_view tag) noexcept;

/// Returns true if a request's Cache-Control (RFC 9111, section 5.2.1) says "no-cache" or
/// "no-store": the answer must not come from the cache.
bool asks_for_no_cache(std::string_view cache_control) noexcept;
/// Returns true for "no-store": the answer must not be stored in the cache either.
bool asks_for_no_store(std::string_view cache_control) noexcept;

} // namespace latchkey::http
