#pragma once
// A key-encryption key: it seals values that are stored in the database and must not be readable
// there, such as private signing keys. AES-256-GCM (NIST SP 800-38D).

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::crypto {

/// Immutable; any thread may use it. OpenSSL's error queue is clean after each call.
class sealing_key {
  public:
    /// Reads 32 bytes in base64 or base64url, with or without padding, or as 64 hexadecimal digits;
    /// white space around them is ignored. Fails with `invalid` and a sentence that says how to
    /// make such a key and repeats nothing of the text.
    static core::result<sealing_key> parse(std::string_view text);
    sealing_key(sealing_key&&) noexcept;
    sealing_key& operator=(sealing_key&&) noexcept;
    ~sealing_key();

    /// Identifies the key-encryption key without revealing it: 16 hexadecimal digits of a SHA-256.
    /// It is stored beside each sealed value.
    const std::string& id() const noexcept;

    /// Returns a version byte (1), a random 96-bit nonce, the ciphertext and a 16-byte tag: 29
    /// bytes more than `plain`. `associated` is not part of it, and must be given again to open it.
    /// Random nonces are safe for 2^32 calls with one key-encryption key (SP 800-38D, section 8.3).
    /// Fails with `invalid` if a text is longer than 1 MiB, and with `internal` if OpenSSL fails.
    core::result<std::string> seal(std::string_view plain, std::string_view associated) const;

    /// Fails with `invalid`, and the same sentence for every reason: cut short, another version, a
    /// changed byte, another key-encryption key, other associated data.
    core::result<secret> open(std::string_view sealed, std::string_view associated) const;

  private:
    struct state;
    explicit sealing_key(std::unique_ptr<const state>) noexcept;

    std::unique_ptr<const state> state_;
};

} // namespace latchkey::crypto
