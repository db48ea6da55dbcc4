#pragma once
// "Did you mean …?" for configuration keys and JSON fields.

#include <span>
#include <string_view>

namespace latchkey::core {

/// The candidate with the smallest edit distance to `name`, or an empty view when none is close
/// (more than a third of the longer name's letters, and more than two, differ).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

} // namespace latchkey::core
