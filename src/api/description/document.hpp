#pragma once

#include <boost/json/object.hpp>

namespace latchkey::api::description {

/// The whole description, in OpenAPI 3.1.
boost::json::object document();

} // namespace latchkey::api::description
