#pragma once

#include <latchkey/server/configuration.hpp>
#include <latchkey/server/issuers.hpp>

namespace latchkey::server {

/// Runs the server until SIGTERM or SIGINT and a bounded drain. Blocks. Answers with the process's
/// exit code: 0, 69 when a listener cannot be opened, 77 when it may not, 78 when the issuers'
/// files are no good.
int serve(const configuration&, issuer_reader);

} // namespace latchkey::server
