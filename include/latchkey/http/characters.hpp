#pragma once
// The character classes of HTTP's grammar (RFC 9110, section 5.6; RFC 3986, section 3.2.2).

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace latchkey::http {

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

/// What methods and field names are made of.
inline constexpr character_class token_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                  "!#$%&'*+-.^_`|~");
/// What a host's name is made of. No comma, which a name may have: it would rather be two Hosts
/// that somebody joined.
inline constexpr character_class host_name_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                      "-._~%!$&'()*+;=");
/// What an IPv6 address is made of (no zones, no addresses of the future).
inline constexpr character_class ipv6_characters("0123456789abcdefABCDEF:.");
inline constexpr character_class digit_characters("0123456789");
/// What a request's target is made of: that of an URL, without a fragment.
inline constexpr character_class request_target_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                           "-._~%!$&'()*+,;=:@/?[]");

/// Where the first control character (a tab is one) at or after `from` stands; the size when there
/// is none. Eight bytes at a time.
std::size_t find_control(std::string_view text, std::size_t from) noexcept;

/// Is `text` this literal? Of known length, it is compared in place.
template <std::size_t size>
bool is_literal(std::string_view text, const char (&literal)[size]) noexcept {
    return text.size() == size - 1 && std::memcmp(text.data(), literal, size - 1) == 0;
}

/// Equal but for the case of ASCII letters.
bool same_text(std::string_view a, std::string_view b) noexcept;

} // namespace latchkey::http
