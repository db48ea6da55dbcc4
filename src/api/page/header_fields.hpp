#pragma once
// Header fields, as operations name them: by links to what they mean.

#include "api/page/document.hpp"
#include "api/page/html_writer.hpp"

#include <string>
#include <string_view>

namespace latchkey::api::page {

/// A link to an anchor of this page, and a space.
void write_link(html_writer&, const std::string& anchor, std::string_view name);
/// True if a parameter stands in the path or in the query.
bool is_in_target(const boost::json::object& parameter);
/// Those that an operation reads.
void write_request_fields(html_writer&, const document&, const boost::json::object& operation);
/// Those of an answer. `besides`: what need not be told again.
void write_answer_fields(html_writer&, const document&, const boost::json::object& answer,
                         const boost::json::object& besides = {});
/// With their meaning: those that mean here what they mean nowhere else.
void write_own_fields(html_writer&, const document&, const boost::json::object& fields);

} // namespace latchkey::api::page
