#pragma once
// How the process's file descriptors are shared out.

#include "server/settings/configuration.hpp"

#include <latchkey/core/log.hpp>

#include <cstddef>

namespace latchkey::server {

/// What the server itself needs with this configuration: database, feed, key sets, admin socket,
/// event loops, files.
std::size_t descriptors_kept(const configuration&, std::size_t workers);

/// server.connections_max, or what `limit` descriptors leave beside those that are kept. At least
/// half of them when the limit is that small.
std::size_t connections_within(std::size_t limit, std::size_t kept, std::size_t connections_max);

/// By the process's own limit; a warning when it is less than configured.
std::size_t connections_allowed(const configuration&, std::size_t workers, core::logger&);

} // namespace latchkey::server
