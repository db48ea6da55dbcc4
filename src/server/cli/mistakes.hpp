#pragma once

#include <string>
#include <string_view>

namespace latchkey::server {

/// Writes the lines of a failure's message as a JSON array of strings.
std::string mistakes_json(std::string_view lines);

} // namespace latchkey::server
