#pragma once
// The shape of an API key: lk_<env>_<random><crc>. `random` is 31 base62 characters (184 bits).
// `crc` is the CRC-32 of everything before it, as six base62 characters, so that a mistyped key
// costs no look-up.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::auth {

inline constexpr std::size_t api_key_random_length = 31;
inline constexpr std::size_t api_key_crc_length = 6;
inline constexpr std::size_t foreign_key_length_max = 512; ///< bytes; a longer text is no API key

enum class api_key_shape {
    own,     ///< starts with `lk_` and has the length, alphabet and checksum of our keys
    foreign, ///< of another shape: printable ASCII without spaces, 8 to 512 characters
    invalid, ///< anything else, including a failed checksum
};

/// Pure; allocates nothing. A text that begins with `lk_live_` or `lk_test_` is never foreign.
api_key_shape classify_api_key(std::string_view key) noexcept;

/// Returns the fingerprint to look up (SHA-256), or nullopt if the text is INVALID_FORMAT without a
/// look-up. Foreign keys, and `lk_…` texts that are not of our shape, pass only with
/// `accept_foreign_keys`.
std::optional<core::fingerprint> api_key_fingerprint(std::string_view key,
                                                     bool accept_foreign_keys);

/// Makes a new key. `env` is "live", "test" or an organization's own prefix ([a-z0-9]{1,16}). Fails
/// with `invalid` for another prefix, and when the system's random source fails.
core::result<crypto::secret> generate_api_key(std::string_view env);

/// The first characters of a key of ours, with four of its random ones, by which somebody who has
/// several recognises it; empty for other texts.
std::string hint_of(std::string_view key);

/// Makes `key_` and 22 base62 characters: the public id of a key, which opens nothing. Fails when
/// the system's random source fails.
core::result<std::string> generate_key_id();

} // namespace latchkey::auth
