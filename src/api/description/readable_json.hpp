#pragma once
// JSON for people: whatever fits into a line stands in one, and each member of the rest in its own.

#include <boost/json/value.hpp>

#include <string>

namespace latchkey::api::description {

std::string readable_json(const boost::json::value&);

} // namespace latchkey::api::description
