#pragma once
// What all secrets that are made here end in: the CRC-32 of all before it as six base62 characters,
// so that a mistyped one is known for what it is, and a scanner of sources finds few others.

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::auth {

inline constexpr std::size_t checksum_length = 6;

/// `text` is at least as long as a checksum.
bool checksum_holds(std::string_view text) noexcept;

/// `prefix`, `random_length` base62 characters and the checksum. Fails when the system's random
/// source does.
core::result<crypto::secret> generate_checked_secret(std::string_view prefix,
                                                     std::size_t random_length);

} // namespace latchkey::auth
