#pragma once
// PostgreSQL's binary formats, as far as the look-ups need them. Decoders check every length: a
// malformed value is an empty optional, never a read past its end.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

/// bytea[] with one dimension: the header for `count` elements; then `append_element` of each.
void append_bytea_array_header(std::string& out, std::size_t count);
void append_element(std::string& out, const core::fingerprint&);

/// text[] of whatever texts.
void append_text_array(std::string& out, const std::vector<std::string_view>& elements);

/// text[] without NULLs; nested arrays are malformed.
std::optional<std::vector<std::string>> decode_text_array(std::string_view value);
std::optional<core::fingerprint> decode_fingerprint(std::string_view value);
/// bytea[] of 32 bytes each.
std::optional<std::vector<core::fingerprint>> decode_fingerprint_array(std::string_view value);
std::optional<bool> decode_bool(std::string_view value);
std::optional<std::int32_t> decode_int4(std::string_view value);
std::optional<std::int64_t> decode_int8(std::string_view value);

/// Held at real_time's bounds.
core::real_time held_real_time(core::microseconds since_1970) noexcept;

/// timestamptz: microseconds since 2000. Held within what real_time can hold; 'infinity' is
/// real_time::max().
std::optional<core::real_time> decode_timestamptz(std::string_view value);

/// A text literal of an array, each element quoted. Elements hold no quotes and no backslashes.
std::string text_array_literal(const std::vector<std::string>&);

} // namespace latchkey::pg
