#pragma once
// Scripts that complete the words of `latchkey` in a shell, made from the table of commands.

#include "server/cli/command_line.hpp"

#include <span>
#include <string>

namespace latchkey::server {

std::string bash_completion(std::span<const command>);
std::string zsh_completion(std::span<const command>);

} // namespace latchkey::server
