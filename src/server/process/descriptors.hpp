#pragma once
// Divides the process's file descriptors between connections and the server itself.

#include "server/settings/configuration.hpp"

#include <latchkey/core/log.hpp>

#include <cstddef>

namespace latchkey::server {

/// Returns the descriptors that the server itself needs with this configuration: for the database,
/// the feed, JWK sets, the admin socket, event loops and files.
std::size_t descriptors_kept(const configuration&, std::size_t workers);

/// Returns `connections_max`, or fewer if `limit` descriptors do not leave so many beside `kept`;
/// if the limit is very small, half of it.
std::size_t connections_within(std::size_t limit, std::size_t kept, std::size_t connections_max);

/// Does the same with the process's own limit. Logs a warning if it is less than configured.
std::size_t connections_allowed(const configuration&, std::size_t workers, core::logger&);

} // namespace latchkey::server
