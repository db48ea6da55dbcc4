#pragma once
// The text of protocols: classes of bytes, ASCII letters compared without regard to case, lists
// with separators.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace latchkey::core {

/// A set of bytes.
class character_class {
  public:
    explicit constexpr character_class(std::string_view members) {
        for (const char c : members)
            has_[static_cast<unsigned char>(c)] = true;
    }
    constexpr bool has(char c) const noexcept { return has_[static_cast<unsigned char>(c)]; }
    /// The position of the first byte at or after `from` that is not a member, or the text's size
    /// if there is none.
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

/// Whether `text` is this literal, whose length is known at compile time.
template <std::size_t size>
bool is_literal(std::string_view text, const char (&literal)[size]) noexcept {
    return text.size() == size - 1 && std::memcmp(text.data(), literal, size - 1) == 0;
}

/// True if `token` is this name in any case. The name consists of at least four lower-case letters,
/// digits and hyphens; the token holds no control characters. Setting the bit 0x20 makes a letter
/// lower-case and changes neither digits nor hyphens, so whole words can be compared. The last word
/// may overlap the one before it.
template <std::size_t size>
bool is_name(std::string_view token, const char (&name)[size]) noexcept {
    constexpr std::size_t length = size - 1;
    using word = std::conditional_t<(length < sizeof(std::uint64_t)), std::uint32_t, std::uint64_t>;
    static_assert(length >= sizeof(word));
    if (token.size() != length) return false;
    word difference = 0;
    for (std::size_t i = 0; i < length; i += sizeof(word)) {
        const std::size_t at = std::min(i, length - sizeof(word));
        word given = 0;
        word wanted = 0;
        std::memcpy(&given, token.data() + at, sizeof(word));
        std::memcpy(&wanted, name + at, sizeof(word));
        difference |= (given | static_cast<word>(0x2020202020202020)) ^ wanted;
    }
    return difference == 0;
}

/// True if the texts are equal except for the case of ASCII letters.
bool same_text(std::string_view a, std::string_view b) noexcept;

/// The text without the spaces and tabs at its ends (RFC 9110, section 5.6.3).
std::string_view trimmed(std::string_view text) noexcept;

/// Removes the text before the next separator, and the separator, from the front of `rest`; returns
/// the text trimmed.
std::string_view next_part(std::string_view& rest, char separator) noexcept;

} // namespace latchkey::core
