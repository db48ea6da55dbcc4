#include <latchkey/crypto/digest.hpp>

#include "openssl_handles.hpp"

#include <stdexcept>

namespace latchkey::crypto {

struct digest::state {
    md_ptr algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    md_ctx_ptr context{EVP_MD_CTX_new()};
};

digest::digest() : state_(std::make_unique<state>()) {
    if (!state_->algorithm || !state_->context) {
        ERR_clear_error();
        throw std::runtime_error("OpenSSL offers no SHA-256");
    }
}

digest::~digest() = default;
digest::digest(digest&&) noexcept = default;
digest& digest::operator=(digest&&) noexcept = default;

core::fingerprint digest::sha256(std::string_view data) {
    core::fingerprint out;
    auto* context = state_->context.get();
    const bool done = EVP_DigestInit_ex2(context, state_->algorithm.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(context, data.data(), data.size()) == 1 &&
                      EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
    if (!done) {
        ERR_clear_error();
        throw std::runtime_error("SHA-256 failed");
    }
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
