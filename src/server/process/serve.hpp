#pragma once

#include "server/settings/configuration.hpp"

namespace latchkey::server {

/// Runs the server until SIGTERM or SIGINT and a bounded drain. Blocks. `sources`: where the
/// configuration came from; a reload reads them again. Returns the process's exit code: 0; 69 if a
/// listener cannot be opened; 77 if this user may not open it, or if every user may open a file
/// with a secret; 78 if a file that the configuration names, or a passed socket, cannot be used.
int serve(const configuration&, const configuration_sources& sources);

} // namespace latchkey::server
