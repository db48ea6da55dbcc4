#pragma once
// Text as protocols have it: bytes in classes, ASCII letters without regard to case, lists with
// separators.

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace latchkey::core {

/// A set of bytes.
class character_class {
  public:
    explicit constexpr character_class(std::string_view members) {
        for (const char c : members)
            has_[static_cast<unsigned char>(c)] = true;
    }
    constexpr bool has(char c) const noexcept { return has_[static_cast<unsigned char>(c)]; }
    /// Where the first byte at or after `from` stands that is no member; the size when there is
    /// none.
    constexpr std::size_t span_end(std::string_view text, std::size_t from) const noexcept {
        while (from < text.size() && has(text[from]))
            ++from;
        return from;
    }
    constexpr bool holds(std::string_view text) const noexcept {
        return span_end(text, 0) == text.size();
    }

  private:
    std::array<bool, 256> has_{};
};

inline constexpr character_class digit_characters("0123456789");

/// Is `text` this literal? Of known length, it is compared in place.
template <std::size_t size>
bool is_literal(std::string_view text, const char (&literal)[size]) noexcept {
    return text.size() == size - 1 && std::memcmp(text.data(), literal, size - 1) == 0;
}

/// Equal but for the case of ASCII letters.
bool same_text(std::string_view a, std::string_view b) noexcept;

/// Without the spaces and tabs around it (RFC 9110, section 5.6.3).
std::string_view trimmed(std::string_view text) noexcept;

/// Takes the text before the next separator off the front of `rest`; returns it trimmed.
std::string_view next_part(std::string_view& rest, char separator) noexcept;

} // namespace latchkey::core
