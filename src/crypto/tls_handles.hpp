#pragma once
// Owners of OpenSSL's handles for TLS, and its reasons as sentences.

#include "openssl_handles.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace latchkey::crypto {

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;

/// Why the last call failed, from the thread's queue, which it leaves as it is.
std::string last_reason();

std::string text_of(const X509_NAME*);

} // namespace latchkey::crypto
