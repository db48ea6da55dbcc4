#pragma once
// `latchkey key import --adopt-from-organizations`

#include "server/cli/command_line.hpp"

namespace latchkey::server {

/// Takes the keys of organizations.api_keys over, page after page. Returns the exit code.
int adopt_keys(const command_line&, command_context&);

} // namespace latchkey::server
