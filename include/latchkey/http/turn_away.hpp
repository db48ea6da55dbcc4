#pragma once

#include <string_view>

namespace latchkey::http {

inline constexpr std::string_view no_descriptors_left = "the server has no descriptors left";

/// Tells a connected client 503 and why, once and without waiting, and closes the descriptor.
void turn_away(int fd, std::string_view why) noexcept;

} // namespace latchkey::http
