#pragma once
// What an operation answers: the members of bodies, and answers that have none.

#include "api/page/document.hpp"
#include "api/page/html_writer.hpp"

namespace latchkey::api::page {

/// All but the problems, which are the same everywhere.
void write_answers(html_writer&, const document&, const placed_operation&);

} // namespace latchkey::api::page
