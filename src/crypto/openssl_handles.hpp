#pragma once
// Owners of OpenSSL's handles, and what clears up after a failed call.

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

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

} // namespace latchkey::crypto
