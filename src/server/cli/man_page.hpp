#pragma once
// The manual pages (troff, macros of man(7)), made from the tables that the help and the reference
// configuration are made from.

#include "server/cli/command_line.hpp"

#include <span>
#include <string>
#include <string_view>

namespace latchkey::server {

/// latchkey(1): the commands.
std::string commands_page(std::span<const command>);
/// latchkey.toml(5): the settings.
std::string settings_page();

/// Returns text as troff shows it, whatever it holds: no line of it is a request.
std::string troff_text(std::string_view);

} // namespace latchkey::server
