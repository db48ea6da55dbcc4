#pragma once
// Reads the words after a command's name. Shared by the files that parse the command line.

#include "server/cli/command_line.hpp"

namespace latchkey::server {

using words_left = std::span<const std::string_view>;

/// Reads the options and the argument into `out`. Returns nullopt if all is well.
std::optional<core::failure> read_options(const command&, words_left, command_line& out);

core::failure usage(std::string message);
/// Returns `; did you mean "…"?`, or an empty text if no known name is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);
bool is_option(std::string_view word);

} // namespace latchkey::server
