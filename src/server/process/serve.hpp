#pragma once

#include "server/settings/configuration.hpp"

namespace latchkey::server {

/// Runs the server until SIGTERM or SIGINT and a bounded drain. Blocks. `sources` are where the
/// configuration came from, and where a reload reads it again. Answers with the process's exit
/// code: 0, 69 when a listener cannot be opened, 77 when it may not, 78 when a file that the
/// configuration names, or a socket that was passed, is no good.
int serve(const configuration&, const configuration_sources& sources);

} // namespace latchkey::server
