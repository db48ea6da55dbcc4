#pragma once

#include <latchkey/core/clock.hpp>
#include <latchkey/net/tls/tls_context.hpp>

#include <cstddef>
#include <string>

namespace latchkey::net {

/// The settings of section [tls]. A path may also be credential:NAME.
struct tls_configuration {
    std::string certificate_file; ///< if empty, plain HTTP is spoken
    std::string key_file;
    net::tls_version min_version = net::tls_version::tls_1_2;
    std::string client_ca_file;
    net::client_certificates client_certificates = net::client_certificates::none;
    core::milliseconds handshake_timeout{5000}; ///< since the connection was accepted
    std::size_t handshakes_max = 4096;          ///< in progress at once, over all workers
    std::size_t handshakes_per_address_max = 0; ///< 0 means a quarter of `handshakes_max`
    bool unix_sockets = false;                  ///< TLS is spoken on unix sockets, too
    bool session_tickets = true;
    core::milliseconds session_lifetime{7'200'000}; ///< of a ticket; ticket keys change as often
};

} // namespace latchkey::net
