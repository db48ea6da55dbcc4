// For SHA256_Init and the functions that belong to it. EVP, their replacement, allocates, clears
// and frees a context for each digest (OpenSSL 3.0): for a text as long as an API key it takes two
// thirds longer.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <latchkey/crypto/digest.hpp>

#include <openssl/sha.h>

namespace latchkey::crypto {

// None of these can fail: they only count and mix.
core::fingerprint sha256(std::string_view data) noexcept {
    core::fingerprint out;
    static_assert(out.size() == SHA256_DIGEST_LENGTH);
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, data.data(), data.size());
    SHA256_Final(out.data(), &context);
    return out;
}

std::string to_hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        out += "0123456789abcdef"[(static_cast<unsigned char>(c) >> 4) & 15];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::string to_hex(const core::fingerprint& f) {
    return to_hex({reinterpret_cast<const char*>(f.data()), f.size()});
}

} // namespace latchkey::crypto
