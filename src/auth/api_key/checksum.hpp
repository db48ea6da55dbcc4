#pragma once
// The end of every secret that is made here: the CRC-32 of everything before it, as six base62
// characters. It shows that a secret is mistyped, and spares scanners of source code false alarms.

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::auth {

inline constexpr std::size_t checksum_length = 6;

/// `text` must be at least as long as a checksum.
bool checksum_holds(std::string_view text) noexcept;

/// Makes `prefix`, `random_length` base62 characters and the checksum. Fails when the system's
/// random source fails.
core::result<crypto::secret> generate_checked_secret(std::string_view prefix,
                                                     std::size_t random_length);

} // namespace latchkey::auth
