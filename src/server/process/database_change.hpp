#pragma once
// Whether a reload may take another database.uri.

#include "server/settings/loaded_configuration.hpp"

#include <latchkey/pg/configuration.hpp>

#include <string>

namespace latchkey::server {

/// Returns why the server cannot work with this database, and the mend; empty if it can. Connects,
/// within connect_timeout, and changes nothing. Blocks.
std::string why_unusable(const pg::configuration&);

/// Reads as `read` does, and refuses another database.uri that does not work while the one in use
/// does (`works`): the connections would be lost for nothing. What it returns may be called on
/// another thread.
configuration_reader trying_database(configuration_reader read, const pg::configuration& in_use,
                                     bool works);

} // namespace latchkey::server
