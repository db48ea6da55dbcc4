#pragma once
// The secrets of devices: how they are made, presented and stored.
//
//   sha256:<64 hex digits>              of secrets made here: too long to be guessed
//   scrypt:ln=15,r=8,p=1$<salt>$<hash>  of those that people chose
//   anything else                       the older service's: `auth.legacy_device_secret` says what

#include <latchkey/auth/configuration.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/password_hash.hpp>
#include <latchkey/crypto/secret.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::auth {

inline constexpr std::size_t device_id_length_max = 256;      ///< bytes
inline constexpr std::size_t device_secret_length_max = 1024; ///< bytes

/// What may be looked up. Anything else is INVALID_FORMAT. Pure.
bool is_device_id(std::string_view presented) noexcept;
/// What may be compared. Anything else is INVALID_FORMAT. Pure.
bool is_device_secret(std::string_view presented) noexcept;

/// `lkd_`, 31 base62 characters (184 bits) and the CRC-32 of all before as six more. Fails when the
/// system's random source does.
core::result<crypto::secret> generate_device_secret();

/// As a generated secret is stored.
std::string sha256_form(std::string_view secret);

/// As the setting spells them, in the enumeration's order.
inline constexpr std::array<std::string_view, 4> legacy_device_secret_names = {
    "unset", "plaintext", "sha256-hex", "mixed"};
constexpr std::string_view name_of(legacy_device_secret meaning) noexcept {
    return legacy_device_secret_names[static_cast<std::size_t>(meaning)];
}

/// What a bare text looks like.
enum class bare_shape {
    hex_64,      ///< 64 hexadecimal digits
    like_hex_64, ///< the same with white space around or a mark of a hash before it
    other,
};
/// Pure.
bare_shape shape_of_bare(std::string_view stored) noexcept;

/// How a bare text is read: as the secret, as its SHA-256, or not at all.
enum class bare_reading { unusable, plaintext, sha256_hex };
/// Where both may be, what looks like a hash and is none that can be read is nobody's secret: who
/// has seen it stored would know it. Pure.
bare_reading reading_of(bare_shape, legacy_device_secret) noexcept;

/// A stored secret as it is compared. Holds no plaintext.
class stored_secret {
  public:
    stored_secret() = default; ///< unusable

    /// Whatever was stored gives one: what cannot be read is unusable. A text that begins with
    /// `sha256:` or `scrypt:` is never bare, an empty one is none.
    static stored_secret parse(std::string_view stored, legacy_device_secret);

    bool is_usable() const noexcept { return !std::holds_alternative<unusable>(form_); }
    bool is_legacy() const noexcept { return legacy_; } ///< bare text: to be rehashed
    bool is_scrypt() const noexcept { return std::holds_alternative<password>(form_); }

    /// Whether the secret with this SHA-256 is the one that was stored in a SHA-256 form: false for
    /// all others. Takes the same time for every form and outcome.
    bool matches(const core::fingerprint& presented) const noexcept;

    /// Null for all other forms.
    std::shared_ptr<const crypto::password_hash> scrypt() const noexcept;

    /// Beyond the object itself.
    std::size_t heap_bytes() const noexcept;

  private:
    using unusable = std::monostate;
    using password = std::shared_ptr<const crypto::password_hash>;

    std::variant<unusable, core::fingerprint, password> form_;
    bool legacy_ = false;
};

} // namespace latchkey::auth
