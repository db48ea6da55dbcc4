#pragma once
// The page for people: one document that needs no script, from the same description as
// /openapi.json.

#include <boost/json/object.hpp>

#include <string>

namespace latchkey::api::page {

/// `with_trial`: with the script that lets the reader ask the public listener from the page.
std::string page_of(const boost::json::object& description, bool with_trial);

} // namespace latchkey::api::page
