#pragma once
// Base64url without padding, as JOSE uses it (RFC 4648, section 5; RFC 7515, section 2).

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::crypto {

std::string encode_base64url(std::string_view bytes);

/// Strict: returns nullopt for any character outside the alphabet (padding, white space and line
/// breaks among them), for an impossible length, and for unused bits that are not zero. So two
/// texts never stand for the same bytes.
std::optional<std::string> decode_base64url(std::string_view text);

} // namespace latchkey::crypto
