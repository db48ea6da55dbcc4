#pragma once
// The tables as JSON Schemas, in the form that OpenAPI 3.1 has them (JSON Schema 2020-12).

#include "api/description/member.hpp"
#include "api/description/operation.hpp"

#include <boost/json/object.hpp>

namespace latchkey::api::description {

boost::json::object reference_to(std::string_view schema);

boost::json::object schema_of(const schema&);
/// The body of a request.
boost::json::object schema_of_body(const operation&);
boost::json::object schema_of(const query_parameter&);
/// A form, which may have other fields as well.
boost::json::object schema_of_form(std::span<const http::json_field>);

} // namespace latchkey::api::description
