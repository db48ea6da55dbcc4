#pragma once
// PostgreSQL's binary formats, as far as the look-ups need them. Decoders check every length, and
// return nullopt for a malformed value.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

/// Begins a bytea[] of one dimension for `count` elements; `append_element` must follow for each.
void append_bytea_array_header(std::string& out, std::size_t count);
void append_element(std::string& out, const core::fingerprint&);

/// Appends a text[]; the texts may hold anything.
void append_text_array(std::string& out, const std::vector<std::string_view>& elements);

/// Decodes a text[] without NULLs; nested arrays are malformed.
std::optional<std::vector<std::string>> decode_text_array(std::string_view value);
std::optional<core::fingerprint> decode_fingerprint(std::string_view value);
/// Decodes a bytea[] whose elements have 32 bytes.
std::optional<std::vector<core::fingerprint>> decode_fingerprint_array(std::string_view value);
std::optional<bool> decode_bool(std::string_view value);
std::optional<std::int32_t> decode_int4(std::string_view value);
std::optional<std::int64_t> decode_int8(std::string_view value);

/// Clamps to real_time's bounds.
core::real_time held_real_time(core::microseconds since_1970) noexcept;

/// Decodes a timestamptz (microseconds since 2000), clamped to real_time's bounds; 'infinity' is
/// real_time::max().
std::optional<core::real_time> decode_timestamptz(std::string_view value);

/// Returns an array literal with each element quoted. Elements must hold no quotes or backslashes.
std::string text_array_literal(const std::vector<std::string>&);

} // namespace latchkey::pg
