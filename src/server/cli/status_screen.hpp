#pragma once
// What `latchkey status` shows a person: one screen, what is wrong first, each with its mend.

#include "server/cli/terminal.hpp"

#include <latchkey/core/clock.hpp>

#include <boost/json/object.hpp>

namespace latchkey::server {

/// `status` is the answer of GET /admin/v1/status. What an older server does not tell is left out.
void show_status(painter&, const boost::json::object& status, core::real_time now);

} // namespace latchkey::server
