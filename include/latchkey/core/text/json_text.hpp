#pragma once
// Writes the pieces of JSON text that answers, problems and log lines are made of (RFC 8259).

#include <string>
#include <string_view>

namespace latchkey::core {

/// Appends a quoted JSON string. Bytes that are not UTF-8 become U+FFFD, one per byte.
void append_json_string(std::string& out, std::string_view utf8);

/// Appends valid JSON text without the white space between its tokens; numbers keep their digits.
void append_compact_json(std::string& out, std::string_view json);

} // namespace latchkey::core
