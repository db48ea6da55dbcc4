#pragma once
// HMAC-SHA-256 (RFC 2104).

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/crypto/secret.hpp>

#include <string_view>

namespace latchkey::crypto {

/// Any thread. Takes about a microsecond.
core::fingerprint hmac_sha256(const secret& key, std::string_view data) noexcept;

} // namespace latchkey::crypto
