#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey::core {

/// The length in bytes of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), or 0
/// when there is none. `text` is not empty.
std::size_t utf8_sequence_length(std::string_view text) noexcept;

/// How many bytes at the end may begin a sequence that is not complete yet: 0 to 3.
std::size_t utf8_unfinished(std::string_view text) noexcept;

} // namespace latchkey::core
