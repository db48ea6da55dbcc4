#pragma once
// An end to the older service's bare secrets, page by page. Safe to repeat, and to be cut off
// anywhere: each secret is replaced by itself, and only while it is what was read.

#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/auth/device/slow_work.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace latchkey::auth {

/// What a bare secret that is the secret itself becomes. One that is a SHA-256 becomes `sha256:`.
enum class rehash_to {
    scrypt, ///< for secrets that may be guessed
    sha256, ///< for those that somebody's program made at random: at least 128 bits
};

/// Devices at once; the bound is what keeps an answer within the asker's patience.
constexpr std::size_t rehash_limit_max(rehash_to form) noexcept {
    return form == rehash_to::scrypt ? 50 : 500;
}

struct rehash_page {
    std::size_t limit = rehash_limit_max(rehash_to::scrypt);
    std::optional<std::string> after; ///< the last id of the page before
    rehash_to form = rehash_to::scrypt;
};

struct rehashed_page {
    std::size_t rehashed = 0;        ///< secrets
    std::size_t unusable = 0;        ///< that are no SHA-256, where they should be
    std::size_t changed = 0;         ///< that somebody else changed meanwhile
    std::optional<std::string> next; ///< the last id; nothing: this was the last page
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

/// Changes nothing. `invalid` while `legacy` is unset and there are bare secrets: it says their
/// counts by shape. Control thread.
void forecast_rehash(device_store&, legacy_device_secret legacy,
                     device_store::completion<rehash_forecast>);

/// `invalid` for a limit out of range and, with the counts by shape, while `legacy` is unset and
/// there are bare secrets. The hashing happens elsewhere.
/// A rehash changes no fact that a cache holds: secrets stay what they are. Control thread.
void rehash_devices(device_store&, const slow_work&, legacy_device_secret legacy, rehash_page,
                    device_store::completion<rehashed_page>);

} // namespace latchkey::auth
