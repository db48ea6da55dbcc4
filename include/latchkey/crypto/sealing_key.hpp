#pragma once
// A key-encryption key: seals what is kept in the database and must not be read there, such as
// private signing keys. AES-256-GCM (NIST SP 800-38D).

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::crypto {

/// Immutable; for all threads at once. OpenSSL's error queue is clean after each call.
class sealing_key {
  public:
    /// 32 bytes as base64 or base64url, with or without padding, or as 64 hexadecimal digits; white
    /// space around them does not count. Fails with `invalid` and a sentence that says how to make
    /// one and repeats nothing of the text.
    static core::result<sealing_key> parse(std::string_view text);
    sealing_key(sealing_key&&) noexcept;
    sealing_key& operator=(sealing_key&&) noexcept;
    ~sealing_key();

    /// Which key it is, without telling the key: 16 hexadecimal digits of a SHA-256. Kept beside
    /// what it sealed.
    const std::string& id() const noexcept;

    /// A version byte (1), a random 96-bit nonce, the ciphertext and a 16-byte tag: 29 bytes longer
    /// than `plain`. `associated` is not in it, and must be given again to open it. Random nonces
    /// are good for 2^32 calls with one key (SP 800-38D, section 8.3). Fails with `invalid` past
    /// 1 MiB, with `internal` when OpenSSL does.
    core::result<std::string> seal(std::string_view plain, std::string_view associated) const;

    /// Fails with `invalid`, and one sentence for every reason: cut short, another version, a
    /// changed byte, another key, other associated data.
    core::result<secret> open(std::string_view sealed, std::string_view associated) const;

  private:
    struct state;
    explicit sealing_key(std::unique_ptr<const state>) noexcept;

    std::unique_ptr<const state> state_;
};

} // namespace latchkey::crypto
