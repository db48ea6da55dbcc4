#pragma once

#include <string_view>

namespace latchkey::http {

/// Is this Content-Type application/json, whatever its parameters (RFC 9110, section 8.3)?
bool is_json(std::string_view content_type) noexcept;

/// Does this Accept field name the media type, with a weight above zero (RFC 9110, section 12.5.1)?
/// Ranges with `*` do not count: the type must be asked for by name.
bool accepts(std::string_view accept, std::string_view media_type) noexcept;

} // namespace latchkey::http
