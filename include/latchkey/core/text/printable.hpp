#pragma once
// Makes text safe for a terminal: nothing in it moves the cursor, changes colours, or reverses the
// order of the text after it.

#include <string>
#include <string_view>

namespace latchkey::core {

/// Appends `text` with these replaced by `\uXXXX`: control characters (C0 except line feed and tab,
/// DEL, C1), characters that set the direction of writing (Unicode TR9: marks, embeddings,
/// overrides, isolates), and line and paragraph separators. Each byte that is not UTF-8 becomes
/// U+FFFD. In JSON text these characters stand in strings only, so its value stays the same.
void append_printable(std::string& out, std::string_view text);

/// The same on one line: line feeds and tabs become `\u000a` and `\u0009` as well.
std::string printable_line(std::string_view text);

} // namespace latchkey::core
