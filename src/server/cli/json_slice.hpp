#pragma once
// Pieces of JSON text as they were written, so that numbers stay as they are.

#include <string_view>
#include <vector>

namespace latchkey::server {

/// Returns the text of a member of an object, or an empty text if there is no such member. `object`
/// is valid JSON text.
std::string_view member_text(std::string_view object, std::string_view name);

/// Returns what stands between the brackets of an array's text.
std::string_view elements_text(std::string_view array);

/// Returns the elements of an array's text, each as it was written.
std::vector<std::string_view> elements_of(std::string_view array);

} // namespace latchkey::server
