#pragma once
// Writes JSON as text for people.

#include "server/cli/terminal.hpp"

#include <latchkey/core/clock.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// Writes one value on one line: texts as they are, null and an empty list as "-", lists of texts
/// with commas, all others as JSON; all through core::printable_line.
std::string text_of(const boost::json::value&);

/// Returns a member that is a text; empty if there is none.
std::string text_at(const boost::json::object&, std::string_view name);

/// A member of each row's object. Members of members are named "outer.inner".
struct column {
    std::string_view member;
    /// Whether a terminal shows it; elsewhere, all columns are printed.
    bool on_terminal = false;
};

/// How the text of a member is shown on a terminal: times as relative ones, states coloured.
struct cell {
    std::string text;
    tint colour = tint::plain;
};
/// Without `now`, times stay as the server told them.
cell terminal_cell(std::string_view member, const boost::json::value&,
                   std::optional<core::real_time> now);

/// Prints rows below a header, page by page. On a terminal the columns are aligned by the first
/// page. Elsewhere each row is a line with a tab between its columns, always the same ones, and
/// times are as the server told them.
class table_printer {
  public:
    table_printer(std::ostream& out, terminal_traits, std::optional<core::real_time> now,
                  std::span<const column> columns);
    void print(const boost::json::array& objects);

  private:
    std::vector<cell> row_of(const boost::json::value& object) const;
    void print_aligned(const std::vector<cell>&);
    void print_plain(const std::vector<cell>&);

    painter painter_;
    std::ostream& out_;
    const terminal_traits terminal_;
    const std::optional<core::real_time> now_;
    std::vector<column> columns_;
    std::vector<std::size_t> widths_; ///< empty: nothing is printed yet
};

/// Returns the columns that the members of the objects make, in the order of first occurrence.
/// They refer to the objects' names.
std::vector<column> columns_of(const boost::json::array& objects);

} // namespace latchkey::server
