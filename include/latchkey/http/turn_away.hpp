#pragma once

#include <string_view>

namespace latchkey::http {

inline constexpr std::string_view no_descriptors_left = "the server has no descriptors left";

/// Sends a connected client a 503 with the reason, once and without waiting, and closes the
/// descriptor. Any thread.
void turn_away(int fd, std::string_view why) noexcept;

} // namespace latchkey::http
