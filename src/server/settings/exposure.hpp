#pragma once
// What a configuration leaves open to others than the operator. Nothing here stops a server; it is
// told at the start, by `check-config`, after a reload, and in the status.

#include "server/settings/configuration.hpp"
#include "server/settings/secret_file.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// Pure, but for libpq's environment. `listening`: addresses (host:port, [v6]:port, unix:/path),
/// separated by commas. `exposed`: the files with secrets that every user may open.
/// A sentence for each finding, which names the setting and what mends it.
std::vector<std::string> find_exposures(const configuration&, std::string_view listening,
                                        std::span<const exposed_file> exposed);

/// Those that keep a server from starting: nothing, where server.world_readable_secrets allows
/// them.
std::vector<std::string> refused_files(const configuration&, std::span<const exposed_file>);

} // namespace latchkey::server
