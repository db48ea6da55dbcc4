#pragma once
// Examples: a command that asks, and an answer of the described shape.

#include "api/page/document.hpp"

#include <boost/json/value.hpp>

#include <string>

namespace latchkey::api::page {

/// A curl command for a shell that has the variables of the quickstart.
std::string curl_command(const placed_operation&);

/// An answer with all members that are always there. Of several schemas, the first.
boost::json::value sample_of(const document&, const boost::json::object& schema);

} // namespace latchkey::api::page
