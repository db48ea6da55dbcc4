#pragma once

#include "server/cli/command_line.hpp"

#include <optional>
#include <string_view>

namespace latchkey::server {

struct command_context;

/// Asks on a terminal whether something is meant, unless --yes was given. Returns nullopt if it is;
/// else says that nothing was done, and returns the exit code. Where nobody can be asked, it is
/// refused. `what` is a sentence: "This ends all tokens of …".
std::optional<int> unless_meant(const command_line&, command_context&, std::string_view what);

} // namespace latchkey::server
