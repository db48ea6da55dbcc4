#pragma once
// Shared by the commands that list, and by those that take an id.

#include "server/cli/command_line.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

inline constexpr option limit_option = {"limit", "N",
                                        "how many at most, up to 1000; without it, 100"};
inline constexpr option cursor_option = {"cursor", "CURSOR",
                                         "list what follows it; an earlier page printed it"};

/// Gets `target` with --limit and --cursor, and prints the list as a table. Returns the exit code.
int show_page(std::string target, std::string_view list, const command_line&, command_context&);

/// Returns the cursor of the next page in an answer; empty if there is none.
std::string next_cursor(const std::string& body);

/// Whether a word may be part of a URL path without escapes.
bool may_be_an_id(std::string_view);

/// Prints `"…" is no DEVICE_ID` and returns the exit code if the argument cannot be an id; else
/// returns nullopt.
std::optional<int> refuse_id(const command_line&, command_context&, std::string_view what);

} // namespace latchkey::server
