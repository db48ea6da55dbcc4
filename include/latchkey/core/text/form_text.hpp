#pragma once
// The text of a query's names and values (application/x-www-form-urlencoded).

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::core {

/// Decodes percent-encoding, and '+' as a space. Returns nullopt if an escape is incomplete, or if
/// the result is no UTF-8 or has a NUL, which no text of the database has.
std::optional<std::string> decode_form_text(std::string_view);

/// Takes two hexadecimal digits from the front. Returns -1 if they are none.
int take_hexadecimal_byte(std::string_view&) noexcept;

/// Appends the text for a header field: visible ASCII characters as they are, except '%'; all other
/// bytes, a space too, as %XX.
void append_field_text(std::string& out, std::string_view);

} // namespace latchkey::core
