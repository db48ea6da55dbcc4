#pragma once
// How the secrets of devices are made, presented and stored.
//
//   sha256:<64 hex digits>              a secret made here, too long to be guessed
//   scrypt:ln=15,r=8,p=1$<salt>$<hash>  a secret that a person chose
//   anything else                       the older service's bare text; `auth.legacy_device_secret`
//                                       says how it is read

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

/// True if it may be looked up; otherwise the request is INVALID_FORMAT. Pure.
bool is_device_id(std::string_view presented) noexcept;
/// True if it may be compared; otherwise the request is INVALID_FORMAT. Pure.
bool is_device_secret(std::string_view presented) noexcept;

/// Makes `lkd_`, 31 base62 characters (184 bits) and the CRC-32 of everything before it as six
/// more. Fails when the system's random source fails.
core::result<crypto::secret> generate_device_secret();

/// Returns the form in which a generated secret is stored.
std::string sha256_form(std::string_view secret);

/// The values as the setting spells them, in the enumeration's order.
inline constexpr std::array<std::string_view, 4> legacy_device_secret_names = {
    "unset", "plaintext", "sha256-hex", "mixed"};
constexpr std::string_view name_of(legacy_device_secret meaning) noexcept {
    return legacy_device_secret_names[static_cast<std::size_t>(meaning)];
}

/// The shape of a bare text.
enum class bare_shape {
    hex_64,      ///< 64 hexadecimal digits
    like_hex_64, ///< the same with white space around it or a hash prefix before it
    other,
};
/// Pure.
bare_shape shape_of_bare(std::string_view stored) noexcept;

/// How a bare text is read: as the secret, as its SHA-256, or not at all.
enum class bare_reading { unusable, plaintext, sha256_hex };
/// If the setting allows both readings, a text that looks like a hash but cannot be read as one is
/// unusable: taken as the secret, it would let in anybody who has seen it stored. Pure.
bare_reading reading_of(bare_shape, legacy_device_secret) noexcept;

/// A stored secret, ready to be compared. Holds no plaintext.
class stored_secret {
  public:
    stored_secret() = default; ///< unusable

    /// Always returns a value: what cannot be read is unusable. A text that begins with `sha256:`
    /// or `scrypt:` is never bare; an empty text is unusable.
    static stored_secret parse(std::string_view stored, legacy_device_secret);

    bool is_usable() const noexcept { return !std::holds_alternative<unusable>(form_); }
    bool is_legacy() const noexcept { return legacy_; } ///< a bare text, to be rehashed
    bool is_scrypt() const noexcept { return std::holds_alternative<password>(form_); }

    /// True if the stored form is a SHA-256 and `presented`, the SHA-256 of a secret, is equal to
    /// it. Takes the same time for every form and outcome.
    bool matches(const core::fingerprint& presented) const noexcept;

    /// Null for the other forms.
    std::shared_ptr<const crypto::password_hash> scrypt() const noexcept;

    /// Its memory in bytes beyond the object itself.
    std::size_t heap_bytes() const noexcept;

  private:
    using unusable = std::monostate;
    using password = std::shared_ptr<const crypto::password_hash>;

    std::variant<unusable, core::fingerprint, password> form_;
    bool legacy_ = false;
};

} // namespace latchkey::auth
