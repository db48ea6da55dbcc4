#pragma once
// JSON for people: whatever fits into a line stands in one, and each member of the rest in its own.

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>

namespace latchkey::api::description {

std::string readable_json(const boost::json::value&, std::size_t line_length = 100);

} // namespace latchkey::api::description
