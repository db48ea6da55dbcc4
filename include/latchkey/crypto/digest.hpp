#pragma once
// SHA-256 (FIPS 180-4), and hexadecimal text.

#include <latchkey/core/cache/fingerprint.hpp>

#include <string>
#include <string_view>

namespace latchkey::crypto {

/// Takes 69 ns for 44 bytes. Any thread.
core::fingerprint sha256(std::string_view data) noexcept;

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);
std::string to_hex(const core::fingerprint&);

} // namespace latchkey::crypto
