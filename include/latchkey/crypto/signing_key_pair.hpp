#pragma once
// Makes new signing keys, as JWKs (RFC 7517; RFC 7518, section 6; RFC 8037).

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstddef>
#include <string>

namespace latchkey::crypto {

/// Both texts are JSON objects with `kty`, the key's numbers, `alg`, `use` ("sig") and `kid`.
struct signing_key_pair {
    /// The thumbprint of the public JWK (RFC 7638), so that two nodes never give two signing keys
    /// the same name. For HS* it is random base62, because a secret's thumbprint would confirm a
    /// guess of it.
    std::string key_id;
    secret private_jwk;
    std::string public_jwk; ///< empty for HS*
};

inline constexpr std::size_t rsa_key_bits_min = 2048;
inline constexpr std::size_t rsa_key_bits_max = 8192;

/// Makes a signing key for this algorithm only. An RSA key takes 100 ms and more, so call it on any
/// thread but a worker's. `rsa_bits` is for RS* and PS*. Fails with `invalid` if `rsa_bits` is out
/// of bounds, and with `internal` if OpenSSL makes no key; the error queue is clean afterwards.
core::result<signing_key_pair> generate_signing_key_pair(jws_algorithm,
                                                         std::size_t rsa_bits = rsa_key_bits_min);

} // namespace latchkey::crypto
