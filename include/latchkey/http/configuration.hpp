#pragma once
// The settings of this room. The values here are the defaults.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <string>

namespace latchkey::http {

/// Section [compression].
struct compression_configuration {
    bool enabled = true;
    std::size_t minimum_size = 1000; ///< bytes of a body
    int level = 6;                   ///< zlib's level, from 1 (fast) to 9 (small)
};

/// The settings of section [server] that concern a connection.
struct configuration {
    core::milliseconds header_timeout{5000}; ///< from the accept or a request's first byte
    core::milliseconds body_timeout{10000};  ///< from the end of the header
    core::milliseconds write_timeout{10000}; ///< for an answer that the client does not read
    core::milliseconds idle_timeout{75000};  ///< between requests
    core::milliseconds linger_timeout{2000}; ///< to read on after an early refusal
    std::size_t target_bytes_max = 8192;
    std::size_t header_bytes_max = 16384;
    std::size_t header_fields_max = 100;
    std::size_t body_bytes_max = 65536;
    std::size_t long_body_bytes_max = 1 << 20; ///< for routes that take a long body
    std::size_t pipeline_max = 64;             ///< requests answered in a row on one connection
    std::size_t buffer_bytes_max = 512u << 20; ///< of all connections together
    /// Callers that may control the cache and may say for whom they want a token.
    std::string trusted_callers = "127.0.0.0/8, ::1"; ///< addresses and networks
    /// Callers that come by a unix socket, without a proxy, are trusted too.
    bool trusted_unix_callers = false;
    /// Proxies whose X-Forwarded-For is believed: addresses and networks.
    std::string trusted_proxies;
    compression_configuration compression; ///< section [compression]
};

} // namespace latchkey::http
