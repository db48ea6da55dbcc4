#pragma once
// The operations of OAuth 2, which take forms and refuse in OAuth's own way.

#include "api/description/operation.hpp"

#include <boost/json/object.hpp>

namespace latchkey::api::description {

boost::json::object oauth_responses_of(const operation&);
/// The form of a request: what it has besides is not looked at.
boost::json::object form_of(const operation&);

// --- Parts of the document ---
void add_oauth_responses(boost::json::object& shared);
boost::json::object oauth_error_schema();

} // namespace latchkey::api::description
