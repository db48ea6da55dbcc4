#pragma once
// Text that a terminal shows as it is: nothing in it moves the cursor, changes colours, or turns
// the order of what follows.

#include <string>
#include <string_view>

namespace latchkey::core {

/// Appends `text`, with `\uXXXX` in place of control characters (C0 but line feed and tab, DEL,
/// C1), of those that set the direction of writing (Unicode TR9: marks, embeddings, overrides,
/// isolates) and of line and paragraph separators, and with U+FFFD in place of each byte that is no
/// UTF-8. Within a JSON text these stand in strings alone, so its value stays the same.
void append_printable(std::string& out, std::string_view text);

/// The same as one line: line feeds and tabs are written as `\u000a` and `\u0009` as well.
std::string printable_line(std::string_view text);

} // namespace latchkey::core
