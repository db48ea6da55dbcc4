#pragma once
// A secret has a type that cannot be printed and that wipes its memory.

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::crypto {

/// Owns a secret text. It has no operator<< and no conversion; `reveal()` is easy to search for.
class secret {
  public:
    secret() = default;
    explicit secret(std::string text) : text_(std::move(text)) {}
    secret(const secret&) = default;
    secret(secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
    secret& operator=(const secret&) = default;
    secret& operator=(secret&& other) noexcept;
    ~secret() { wipe(); }

    std::string_view reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

  private:
    void wipe() noexcept; ///< overwrites the whole capacity (OPENSSL_cleanse)
    std::string text_;
};

/// For secrets of our own. What somebody presents is compared by equal_secrets().
inline bool operator==(const secret& a, const secret& b) noexcept {
    return a.reveal() == b.reveal();
}

/// Compares in constant time; the time reveals only whether the lengths are equal.
bool equal_secrets(std::string_view a, std::string_view b) noexcept;

} // namespace latchkey::crypto
