#pragma once
// What operations answer: statuses, header fields, and the parts that they share.

#include "api/description/operation.hpp"

#include <boost/json/object.hpp>

namespace latchkey::api::description {

/// Which listener an operation belongs to.
enum class listener { of_public, of_admin };

boost::json::object responses_of(const operation&, const http::route_terms&, listener);

/// The field of this name, for an answer that does not always have it.
boost::json::object header_at_times(std::string_view name);

// --- "components" ---
boost::json::object shared_headers();
boost::json::object shared_responses();
boost::json::object problem_schema();

} // namespace latchkey::api::description
