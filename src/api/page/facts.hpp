#pragma once
// Who may ask an operation, the header fields of both sides, and the problems: links to what is
// common to all.

#include "api/page/document.hpp"
#include "api/page/html_writer.hpp"

namespace latchkey::api::page {

void write_facts(html_writer&, const document&, const boost::json::object& operation);

} // namespace latchkey::api::page
