#pragma once

#include <latchkey/core/clock.hpp>
#include <latchkey/net/tls/tls_context.hpp>

#include <cstddef>
#include <memory>

namespace latchkey::net {

/// How one worker's connections are secured. A reload replaces it as a whole.
struct tls_terms {
    std::shared_ptr<const net::tls_context> context; ///< null means plain connections
    core::milliseconds handshake_timeout{5000};      ///< since the connection was accepted
    std::size_t handshakes_max = 0;                  ///< in progress at once, on this worker
};

} // namespace latchkey::net
