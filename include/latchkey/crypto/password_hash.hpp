#pragma once
// Hashes of secrets that people choose: scrypt (RFC 7914), which makes each guess cost memory and
// time. One hash at the default cost takes 32 MiB and about 90 ms: never compute it on a worker's
// thread.

#include <latchkey/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::crypto {

/// N = 2^log2_n rounds over blocks of 128 r bytes, p times (RFC 7914, section 2).
struct scrypt_cost {
    unsigned log2_n = 15; ///< 1 to 20, and less than 16 r
    unsigned r = 8;       ///< 1 to 32
    unsigned p = 1;       ///< 1 to 16

    bool operator==(const scrypt_cost&) const = default;
};

inline constexpr std::size_t scrypt_memory_max = 64u << 20; ///< bytes, for 128 N r

/// Returns the text that is stored instead of `password`: `scrypt:ln=15,r=8,p=1$<salt>$<hash>`,
/// with 16 random bytes of salt and 32 of hash in base64url. Fails with `invalid` if the cost is
/// out of bounds, and with `internal` if OpenSSL or its random generator fails.
core::result<std::string> hash_password(std::string_view password, scrypt_cost);

/// Immutable; any thread may use it. OpenSSL's error queue is clean after each call.
class password_hash {
  public:
    static constexpr std::size_t salt_length_min = 8, salt_length_max = 64; ///< bytes
    static constexpr std::size_t hash_length_min = 32, hash_length_max = 64;

    /// Fails with `invalid` for any text that hash_password could not have written, except that
    /// other lengths within these bounds are accepted. The sentence repeats nothing of the text.
    static core::result<password_hash> parse(std::string_view stored);

    /// Blocks for as long as the cost requires; compares in constant time. Throws
    /// std::runtime_error if OpenSSL fails, for example for want of memory: then there is no
    /// answer.
    bool matches(std::string_view password) const;

    const std::string& text() const noexcept { return text_; } ///< as stored
    const scrypt_cost& cost() const noexcept { return cost_; }

    /// The bytes of memory that it takes, itself included.
    std::size_t bytes() const noexcept;

  private:
    password_hash() = default;

    std::string text_;
    scrypt_cost cost_;
    std::string salt_;
    std::string hash_;
};

/// The scrypt function: returns `length` bytes. Fails as hash_password does.
core::result<std::string> scrypt(std::string_view password, std::string_view salt, scrypt_cost,
                                 std::size_t length);

} // namespace latchkey::crypto
