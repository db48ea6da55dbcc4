#pragma once

#include <latchkey/server/configuration.hpp>

namespace latchkey::server {

/// Runs the server until SIGTERM or SIGINT and a bounded drain. Blocks. Answers with the process's
/// exit code: 0, 69 when a listener cannot be opened.
int serve(const configuration&);

} // namespace latchkey::server
