#pragma once

#include "server/cli/command_line.hpp"

#include <string>

namespace latchkey::server {

struct command_context;

/// For --dry-run: prints how many active keys and devices an organization has. Follows the lists
/// page by page. Returns the exit code; an organization that is not there is 64.
int show_credential_counts(const std::string& organization, const command_line&, command_context&);

} // namespace latchkey::server
