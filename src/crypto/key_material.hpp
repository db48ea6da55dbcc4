#pragma once
// The material of a signing key, built from a JWK's numbers: an OpenSSL key or secret bytes.

#include <latchkey/core/result.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>
#include <latchkey/crypto/openssl_handles.hpp>
#include <latchkey/crypto/secret.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::crypto {

/// Immutable.
class key_material {
  public:
    key_type type = key_type::oct;
    std::string_view curve; ///< one of those in jws_algorithms, or empty
    bool is_private = false;
    pkey_ptr pkey;    ///< null for oct
    secret symmetric; ///< set for oct only
};

using material = std::shared_ptr<const key_material>;

// The numbers of a JWK, big-endian and decoded. Absent ones are empty.
struct rsa_numbers {
    std::string n, e, d, p, q, dp, dq, qi;
};
struct point_numbers {
    std::string_view curve;
    std::string x, y, d;
};

core::result<material> make_symmetric(std::string bytes);
/// Fails with `invalid` if the modulus has fewer than 2048 or more than 8192 bits or is even, if
/// the exponent is not odd and between 3 and 2^33, or if the private numbers are incomplete or do
/// not match.
core::result<material> make_rsa(const rsa_numbers&);
/// Fails with `invalid` if the point is not on the curve or the private number does not belong to
/// it.
core::result<material> make_ec(const point_numbers&);
/// Fails with `invalid` if x is not a point of the curve, is not encoded canonically (RFC 8032) or
/// has a small order, or if the private number does not belong to it.
core::result<material> make_ed25519(const point_numbers&);

} // namespace latchkey::crypto
