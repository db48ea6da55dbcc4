#pragma once
// The shape of API keys: lk_<env>_<random><crc>. `random` is 31 base62 characters (184 bits), `crc`
// the CRC-32 of all before it as six base62 characters, so that a mistyped key costs no look-up.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::auth {

inline constexpr std::size_t api_key_random_length = 31;
inline constexpr std::size_t api_key_crc_length = 6;
inline constexpr std::size_t foreign_key_length_max = 512; ///< longer strings are no keys

enum class api_key_shape {
    own,     ///< starts with `lk_` and has the length, alphabet and checksum of our keys
    foreign, ///< of another shape: printable ASCII without spaces, 8 to 512 characters
    invalid, ///< anything else, a failed checksum among it
};

/// Pure, and allocates nothing. A string that begins with `lk_live_` or `lk_test_` is never
/// foreign.
api_key_shape classify_api_key(std::string_view key) noexcept;

/// What to look up, or nothing: INVALID_FORMAT without a look-up. `lk_…` keys of an organization's
/// own prefix and foreign keys pass as `accept_foreign_keys` says.
std::optional<core::fingerprint> api_key_fingerprint(std::string_view key,
                                                     bool accept_foreign_keys);

/// A new key. `env`: "live", "test" or an organization's own prefix ([a-z0-9]{1,16}).
/// Fails when the system's random source does.
core::result<crypto::secret> generate_api_key(std::string_view env);

/// `key_` and 22 base62 characters: names a key, opens nothing.
core::result<std::string> generate_key_id();

} // namespace latchkey::auth
