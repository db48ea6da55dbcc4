#pragma once

#include <array>
#include <string_view>

namespace latchkey::crypto {

inline constexpr std::string_view base62_alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A table, because digits, capitals and small letters come at random, so that the processor would
/// often mispredict branches on them.
inline constexpr auto base62_members = [] {
    std::array<bool, 256> members{};
    for (const char c : base62_alphabet)
        members[static_cast<unsigned char>(c)] = true;
    return members;
}();

constexpr bool is_base62(char c) noexcept {
    return base62_members[static_cast<unsigned char>(c)];
}

} // namespace latchkey::crypto
