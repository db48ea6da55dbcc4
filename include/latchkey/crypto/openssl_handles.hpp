#pragma once
// Owners of OpenSSL's handles, and a guard that cleans up after failed calls.

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::crypto {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};

using md_ptr = std::unique_ptr<EVP_MD, freed_by<EVP_MD_free>>;
using md_ctx_ptr = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using mac_ptr = std::unique_ptr<EVP_MAC, freed_by<EVP_MAC_free>>;
using mac_ctx_ptr = std::unique_ptr<EVP_MAC_CTX, freed_by<EVP_MAC_CTX_free>>;
using cipher_ptr = std::unique_ptr<EVP_CIPHER, freed_by<EVP_CIPHER_free>>;
using cipher_ctx_ptr = std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using pkey_ctx_ptr = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using bignum_ptr = std::unique_ptr<BIGNUM, freed_by<BN_clear_free>>;
using param_bld_ptr = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using params_ptr = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;
using ecdsa_sig_ptr = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>>;

inline const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) noexcept {
    return reinterpret_cast<unsigned char*>(text.data());
}

/// Clears the thread's OpenSSL error queue when it goes out of scope. A failed call leaves its
/// reasons there, and the next TLS read would take them for its own; so every function that calls
/// OpenSSL for something that may fail has one of these in scope.
class clean_errors {
  public:
    clean_errors() = default;
    ~clean_errors() { ERR_clear_error(); }
    clean_errors(const clean_errors&) = delete;
    clean_errors& operator=(const clean_errors&) = delete;
};

} // namespace latchkey::crypto
