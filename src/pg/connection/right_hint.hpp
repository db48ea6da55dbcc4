#pragma once
// What a role that lacks a right needs, told where the lack is met.

#include <string>
#include <string_view>

namespace latchkey::pg {

/// Returns the end of a sentence: the GRANT that the owner has to run, if PostgreSQL's message says
/// what is refused; in any case, that `latchkey doctor` lists all that is missing. Empty unless
/// `sqlstate` says that a right is missing. `sql` is the statement that was refused.
std::string right_hint(std::string_view sqlstate, std::string_view message, std::string_view sql,
                       std::string_view role);

} // namespace latchkey::pg
