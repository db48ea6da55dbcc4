#include <latchkey/crypto/secret.hpp>

#include <openssl/crypto.h>

namespace latchkey::crypto {

secret& secret::operator=(secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
    return *this;
}

void secret::wipe() noexcept {
    // The whole capacity, because a short string that was moved from still holds its letters.
    text_.resize(text_.capacity());
    OPENSSL_cleanse(text_.data(), text_.size());
    text_.clear();
}

bool equal_secrets(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace latchkey::crypto
