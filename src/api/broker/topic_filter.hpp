#pragma once
// MQTT's topics and topic filters (MQTT 5.0, section 4.7): levels between slashes, of which "+"
// stands for any one, and a last "#" for all the rest, none included. Pure.

#include <cstddef>
#include <string_view>

namespace latchkey::api::broker {

/// MQTT's own bound: a length has 16 bits.
inline constexpr std::size_t topic_bytes_max = 65'535;

/// True if a message can have this topic: it is not empty and has no wildcard and no NUL.
bool is_topic(std::string_view) noexcept;

/// True if a subscription can have this filter: a wildcard is a whole level, and "#" is the last.
bool is_topic_filter(std::string_view) noexcept;

/// True if every topic that matches `asked` matches `granted`, too. Both must be topic filters;
/// `asked` may be a topic. "a/#" is not covered by "a/+". A first level that is a wildcard covers
/// none that begins with "$".
bool covers(std::string_view granted, std::string_view asked) noexcept;

} // namespace latchkey::api::broker
