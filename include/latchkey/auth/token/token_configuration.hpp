#pragma once

#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace latchkey::auth {

/// What our own tokens may be signed with.
inline constexpr std::array own_algorithms = {
    crypto::jws_algorithm::es256, crypto::jws_algorithm::eddsa, crypto::jws_algorithm::rs256,
    crypto::jws_algorithm::hs256};
enum class own_algorithm { es256, eddsa, rs256, hs256 }; ///< places in own_algorithms

/// Section [tokens].
struct token_configuration {
    std::size_t length_max = 8192;    ///< bytes of a token
    std::size_t claims_max = 256;     ///< names in its payload, at all depths
    std::size_t depth_max = 8;        ///< of its payload, itself included
    unsigned bad_checks_percent = 25; ///< of a worker's time, for signatures that are bad

    /// Of our own tokens with a key that is not known: after news have been waited for, none are
    /// for so long.
    core::milliseconds unknown_key_cooldown{10'000};

    // --- of the tokens that we issue ---
    std::string issuer = "latchkey";
    std::string audience = "latchkey"; ///< where the request names none
    own_algorithm algorithm = own_algorithm::es256;
    core::seconds expires_in{900};                ///< where the request names none
    core::seconds expires_in_max{3600};           ///< of what a request may name
    core::seconds leeway{5};                      ///< between our nodes' clocks
    core::seconds rotation_interval{30 * 86'400}; ///< of the signing key
    core::seconds publish_ahead{3600}; ///< how long the next key is known before it signs
    std::string key_encryption_key_file{};

    crypto::jws_algorithm signs_with() const {
        return own_algorithms[static_cast<std::size_t>(algorithm)];
    }
};

} // namespace latchkey::auth
