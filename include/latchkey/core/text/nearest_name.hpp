#pragma once
// "Did you mean …?" for settings and JSON fields.

#include <span>
#include <string_view>

namespace latchkey::core {

/// Returns the candidate with the smallest edit distance to `name`, or an empty view if none is
/// close (if more than a third of the longer name's letters, and more than two, differ).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

} // namespace latchkey::core
