#pragma once
// What operations take: parameters, bodies, and who may ask.

#include "api/description/answers.hpp"
#include "api/description/operation.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace latchkey::api::description {

boost::json::array parameters_of(const operation&, listener);
boost::json::object body_of(const operation&, const http::route_terms&);
/// The example of its body.
boost::json::value example_of(const operation&);
boost::json::array security_of(const operation&, listener);

// --- Parts of the document ---
boost::json::object shared_parameters();
boost::json::object security_schemes();
boost::json::array public_servers();
boost::json::array admin_servers();

} // namespace latchkey::api::description
