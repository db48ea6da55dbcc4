#pragma once
// Whether a reload may take another database.uri.

#include "server/settings/loaded_configuration.hpp"

#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/database_identity.hpp>

#include <optional>
#include <string>

namespace latchkey::server {

struct database_in_use {
    bool works = false;
    std::optional<pg::database_identity> identity; ///< nullopt: none has been read yet
};

/// Returns why the server, which uses that database, cannot go on with this one, and the mend;
/// empty if it can. Connects, within connect_timeout, and changes nothing. Blocks.
std::string why_unusable(const pg::configuration&, const database_in_use&);

/// Reads as `read` does, and refuses another database.uri that leads to another database, or that
/// does not work while the one in use does: the connections would be lost for nothing. What it
/// returns may be called on another thread.
configuration_reader trying_database(configuration_reader read, const pg::configuration& in_use,
                                     database_in_use);

} // namespace latchkey::server
