#pragma once
// A key as OpenSSL has it: built from a JWK's numbers, or made anew.

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
    std::string_view curve; ///< one of jws_algorithms'
    bool is_private = false;
    pkey_ptr pkey;    ///< not for oct
    secret symmetric; ///< for oct
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
/// Refuses moduli under 2048 or over 8192 bits, and even or huge exponents.
core::result<material> make_rsa(const rsa_numbers&);
/// Refuses points that are not on the curve, and private numbers that are not the point's.
core::result<material> make_ec(const point_numbers&);
/// Refuses what is no point of the curve, written otherwise than RFC 8032 does, or of small order.
core::result<material> make_ed25519(const point_numbers&);

} // namespace latchkey::crypto
