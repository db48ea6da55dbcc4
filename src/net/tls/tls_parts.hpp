#pragma once

#include "net/tls/tls_handles.hpp"

#include <latchkey/net/tls/tls_credentials.hpp>

#include <array>
#include <cstdint>

namespace latchkey::net {

/// The contents of tls_credentials, as OpenSSL objects.
struct tls_credentials::parts {
    x509_ptr certificate;
    std::vector<x509_ptr> chain;
    crypto::pkey_ptr key;
    std::vector<x509_ptr> client_authorities;
    std::array<std::uint8_t, 32> authorities_digest{}; ///< SHA-256 of the authorities' PEM text
    core::real_time not_after{};
    std::string subject;
};

} // namespace latchkey::net
