#pragma once
// The settings of this room. The values here are the defaults.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <string>

namespace latchkey::api {

/// Bounds of verify-batch, from section [server].
struct batch_configuration {
    std::size_t items_max = 1000;   ///< in one request
    std::size_t batches_max = 64;   ///< that a worker answers at the same time
    std::size_t lookups_max = 2000; ///< of all batches that a worker answers
    std::size_t scrypt_max = 8;     ///< devices of one request whose secret may cost a scrypt
};

/// Section [rate_limit].
struct rate_limit_configuration {
    std::size_t buckets = 4 << 20; ///< 8 bytes each, for all limits together
};

/// What a policy counts requests by.
enum class counted { address, api_key, device, organization };
inline constexpr std::size_t counted_kinds = 4;

/// One entry of [[rate_limit.policies]].
struct rate_policy_configuration {
    std::string name;
    std::string endpoints; ///< names or paths; empty: all at which it can count
    api::counted counts = counted::address;
    std::size_t quantity = 100;
    core::seconds window{60};
    std::size_t burst = 0; ///< 0: the quantity
    std::string exempt;    ///< addresses and networks of clients

    friend bool operator==(const rate_policy_configuration&,
                           const rate_policy_configuration&) = default;
};

} // namespace latchkey::api
