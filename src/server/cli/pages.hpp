#pragma once
// What the commands that list, and those that name one thing, have in common.

#include "server/cli/command_line.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

inline constexpr option limit_option = {"limit", "N",
                                        "how many at most, up to 1000; without it, 100"};
inline constexpr option cursor_option = {"cursor", "CURSOR",
                                         "list what follows it; an earlier page printed it"};

/// GET of `target` with --limit and --cursor, as a table of the list. Answers with the exit code.
int show_page(std::string target, std::string_view list, const command_line&, command_context&);

/// The next page's cursor in an answer; empty: there is none.
std::string next_cursor(const std::string& body);

/// Whether a word may stand in a path as it is.
bool may_be_an_id(std::string_view);

/// The id is `"…" is no DEVICE_ID`, told; nothing, when all is well.
std::optional<int> refuse_id(const command_line&, command_context&, std::string_view what);

} // namespace latchkey::server
