#include <latchkey/crypto/hmac.hpp>

#include <latchkey/crypto/openssl_handles.hpp>

#include <openssl/hmac.h>

namespace latchkey::crypto {

core::fingerprint hmac_sha256(const secret& key, std::string_view data) noexcept {
    const clean_errors errors;
    core::fingerprint out{};
    unsigned int length = 0;
    HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.reveal().size()), bytes_of(data),
         data.size(), reinterpret_cast<unsigned char*>(out.data()), &length);
    return out;
}

} // namespace latchkey::crypto
