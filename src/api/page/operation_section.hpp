#pragma once
// One operation: what it takes, what it answers, who may ask, and an example.

#include "api/page/document.hpp"
#include "api/page/html_writer.hpp"

namespace latchkey::api::page {

void write_operation(html_writer&, const document&, const placed_operation&);

} // namespace latchkey::api::page
