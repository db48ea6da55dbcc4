#pragma once
// The signature algorithms of JOSE that Latchkey supports: RFC 7518, section 3; RFC 8037; RFC 9864.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::crypto {

enum class jws_algorithm {
    hs256,
    hs384,
    hs512,
    rs256,
    rs384,
    rs512,
    ps256,
    ps384,
    ps512,
    es256,
    es384,
    es512,
    eddsa,
};

enum class key_type { oct, rsa, ec, okp };

enum class signature_scheme { hmac, rsa_pkcs1, rsa_pss, ecdsa, eddsa };

struct jws_algorithm_traits {
    std::string_view name; ///< as `alg` spells it
    key_type type;
    signature_scheme scheme;
    const char* digest;           ///< OpenSSL's name; empty for EdDSA
    std::size_t digest_bytes;     ///< also the shortest HMAC key (RFC 7518, section 3.2)
    std::string_view curve;       ///< the only curve it goes with; empty if it has none
    std::size_t coordinate_bytes; ///< of the curve; a signature has two coordinates
};

inline constexpr std::array<jws_algorithm_traits, 13> jws_algorithms = {{
    {"HS256", key_type::oct, signature_scheme::hmac, "SHA256", 32, "", 0},
    {"HS384", key_type::oct, signature_scheme::hmac, "SHA384", 48, "", 0},
    {"HS512", key_type::oct, signature_scheme::hmac, "SHA512", 64, "", 0},
    {"RS256", key_type::rsa, signature_scheme::rsa_pkcs1, "SHA256", 32, "", 0},
    {"RS384", key_type::rsa, signature_scheme::rsa_pkcs1, "SHA384", 48, "", 0},
    {"RS512", key_type::rsa, signature_scheme::rsa_pkcs1, "SHA512", 64, "", 0},
    {"PS256", key_type::rsa, signature_scheme::rsa_pss, "SHA256", 32, "", 0},
    {"PS384", key_type::rsa, signature_scheme::rsa_pss, "SHA384", 48, "", 0},
    {"PS512", key_type::rsa, signature_scheme::rsa_pss, "SHA512", 64, "", 0},
    {"ES256", key_type::ec, signature_scheme::ecdsa, "SHA256", 32, "P-256", 32},
    {"ES384", key_type::ec, signature_scheme::ecdsa, "SHA384", 48, "P-384", 48},
    {"ES512", key_type::ec, signature_scheme::ecdsa, "SHA512", 64, "P-521", 66},
    {"EdDSA", key_type::okp, signature_scheme::eddsa, "", 0, "Ed25519", 0},
}};

constexpr const jws_algorithm_traits& traits_of(jws_algorithm a) {
    return jws_algorithms[static_cast<std::size_t>(a)];
}

/// Returns the algorithm of this name. Names are compared exactly, case included; "none" is not one
/// of them. EdDSA, here over Ed25519 only, may also be called "Ed25519" (RFC 9864, section 2.2).
constexpr std::optional<jws_algorithm> jws_algorithm_named(std::string_view name) {
    if (name == "Ed25519") return jws_algorithm::eddsa;
    for (std::size_t i = 0; i < jws_algorithms.size(); ++i)
        if (jws_algorithms[i].name == name) return static_cast<jws_algorithm>(i);
    return std::nullopt;
}

} // namespace latchkey::crypto
