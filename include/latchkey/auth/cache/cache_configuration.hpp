#pragma once

#include <latchkey/core/clock.hpp>

#include <cstddef>

namespace latchkey::auth {

/// Section [cache].
struct cache_configuration {
    core::milliseconds ttl{300'000};
    core::milliseconds negative_ttl{5000};
    std::size_t max_bytes = 512u << 20;         ///< of API keys that were found
    std::size_t device_max_bytes = 128u << 20;  ///< of devices that were found
    std::size_t negative_max_bytes = 32u << 20; ///< of keys, and of devices, that were not
    std::size_t token_max_bytes = 128u << 20;   ///< of verified tokens
    std::size_t proof_max_bytes = 32u << 20;    ///< of verified tokens that were no good
    core::milliseconds proof_ttl{60'000};       ///< of those
    std::size_t revocations_max = 10'000'000;   ///< of tokens
    core::milliseconds max_staleness{60'000};   ///< the bound of the promise
    core::milliseconds flight_timeout{1000};    ///< of one look-up, however many wait for it
};

} // namespace latchkey::auth
