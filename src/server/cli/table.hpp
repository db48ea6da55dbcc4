#pragma once
// JSON as text for people.

#include <boost/json/array.hpp>

#include <string>

namespace latchkey::server {

/// One value on one line: texts as they are, null and an empty list as "-", lists of texts with
/// commas, all else as JSON. As core::printable_line has it.
std::string text_of(const boost::json::value&);

/// Objects as aligned rows below a header; a column for each member's name, in the order in which
/// they first come. What has no value in a row is "-".
std::string table_of(const boost::json::array&);

} // namespace latchkey::server
