#pragma once
// /forward-auth, which differs from all other operations: it takes any method, reads no body, and
// its answers have none.

#include "api/description/operation.hpp"

#include <boost/json/object.hpp>

namespace latchkey::api::description {

/// Adds the answers that its operations share.
void add_gateway_responses(boost::json::object& shared);
/// Adds the path that is asked with a query, and the one with a policy's name.
void add_gateway_paths(boost::json::object& paths, const operation&, const http::route_terms&);

} // namespace latchkey::api::description
