#pragma once

#include "tls_handles.hpp"

#include <latchkey/crypto/tls_credentials.hpp>

#include <array>
#include <cstdint>

namespace latchkey::crypto {

struct tls_credentials::parts {
    x509_ptr certificate;
    std::vector<x509_ptr> chain;
    pkey_ptr key;
    std::vector<x509_ptr> client_authorities;
    std::array<std::uint8_t, 32> authorities_digest{}; ///< SHA-256 of their text
    core::real_time not_after{};
    std::string subject;
};

} // namespace latchkey::crypto
