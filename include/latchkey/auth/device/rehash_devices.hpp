#pragma once
// Replaces the older service's bare secrets by stored forms, page by page. It may be repeated, and
// cut off anywhere: each secret stays the same secret, and is replaced only if it is still the one
// that was read.

#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/core/slow_work.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace latchkey::auth {

/// What a bare text that is the secret itself becomes. A bare text that is a SHA-256 becomes
/// `sha256:`.
enum class rehash_to {
    scrypt, ///< for secrets that may be guessed
    sha256, ///< for secrets that a program made at random: at least 128 bits
};

/// The most devices per page. The bound keeps the answer within the caller's time-out.
constexpr std::size_t rehash_limit_max(rehash_to form) noexcept {
    return form == rehash_to::scrypt ? 50 : 500;
}

struct rehash_page {
    std::size_t limit = rehash_limit_max(rehash_to::scrypt);
    std::optional<std::string> after; ///< the last id of the page before
    rehash_to form = rehash_to::scrypt;
};

struct rehashed_page {
    std::size_t rehashed = 0;        ///< secrets that were rehashed
    std::size_t unusable = 0;        ///< secrets that are not a SHA-256 though they should be
    std::size_t changed = 0;         ///< secrets that somebody changed meanwhile
    std::optional<std::string> next; ///< the last id, or nullopt after the last page
};

/// What a rehash of all bare secrets would do.
struct rehash_forecast {
    legacy_device_secret legacy = legacy_device_secret::unset;
    bare_secret_counts counts;
    std::size_t as_sha256 = 0;    ///< would be taken as SHA-256
    std::size_t as_plaintext = 0; ///< would be taken as the secrets themselves
    std::size_t unusable = 0;     ///< would stay, and open nothing
};
/// Pure.
rehash_forecast forecast(const bare_secret_counts&, legacy_device_secret legacy) noexcept;

/// Changes nothing. Fails with `invalid`, and the counts by shape, if `legacy` is unset and there
/// are bare secrets. Control thread.
operation<rehash_forecast> forecast_rehash(device_store&, legacy_device_secret legacy);

/// Fails with `invalid` for a limit out of range and, with the counts by shape, if `legacy` is
/// unset and there are bare secrets. `slow_work` does the hashing. A rehash changes no fact that a
/// cache holds: secrets stay the same. Control thread.
operation<rehashed_page> rehash_devices(device_store&, const core::slow_work&,
                                        legacy_device_secret legacy, rehash_page,
                                        operator_request& by);

} // namespace latchkey::auth
