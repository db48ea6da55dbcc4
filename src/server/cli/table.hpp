#pragma once
// Writes JSON as text for people.

#include <boost/json/array.hpp>

#include <string>

namespace latchkey::server {

/// Writes one value on one line: texts as they are, null and an empty list as "-", lists of texts
/// with commas, all others as JSON; all through core::printable_line.
std::string text_of(const boost::json::value&);

/// Writes objects as aligned rows below a header, with a column for each member's name in the order
/// of first occurrence. A missing value is "-".
std::string table_of(const boost::json::array&);

} // namespace latchkey::server
