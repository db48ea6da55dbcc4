#pragma once
// New keys for signing tokens, as JWKs (RFC 7517; RFC 7518, section 6; RFC 8037).

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <string>

namespace latchkey::crypto {

/// Both texts are JSON objects with `kty`, the key's numbers, `alg`, `use` ("sig") and `kid`.
struct signing_key_pair {
    /// Thumbprint of the public key (RFC 7638), so that two nodes never name two keys alike; for
    /// HS* random base62, since a secret's thumbprint would tell whoever guesses it that they did.
    std::string key_id;
    secret private_jwk;
    std::string public_jwk; ///< empty for HS*
};

inline constexpr std::size_t rsa_key_bits_min = 2048;
inline constexpr std::size_t rsa_key_bits_max = 8192;

/// A key for this algorithm and no other. Any thread, but none that serves: an RSA key takes 100 ms
/// and more. `rsa_bits` is for RS* and PS*. Fails with `invalid` when it is out of bounds, with
/// `internal` when OpenSSL makes no key; its error queue is clean after.
core::result<signing_key_pair> generate_signing_key_pair(jws_algorithm,
                                                         std::size_t rsa_bits = rsa_key_bits_min);

} // namespace latchkey::crypto
