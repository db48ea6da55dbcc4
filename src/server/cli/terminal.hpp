#pragma once
// What the program's streams are, and coloured text on a terminal.

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

struct terminal_traits {
    bool out = false;    ///< data goes to a terminal: tables are aligned, times are relative
    bool colour = false; ///< data may be coloured
    bool asks = false;   ///< a person can be asked: standard input and error are a terminal
};

/// Looks at the program's standard streams. NO_COLOR (no-color.org) and TERM=dumb mean no colour.
terminal_traits
look_at_terminal(const std::vector<std::pair<std::string, std::string>>& environment);

enum class tint { plain, good, warning, bad, faint, heading };

/// Writes text that may be coloured. The text goes through `out`, which makes it printable; the
/// sequences for colours are written behind it, and come from here alone.
class painter {
  public:
    painter(std::ostream& out, bool colour) : out_(out), colour_(colour) {}
    void write(std::string_view text, tint = tint::plain);
    /// Empties the terminal and begins at its top.
    void clear() { sequence("\x1b[H\x1b[2J"); }

  private:
    void sequence(std::string_view);

    std::ostream& out_;
    bool colour_;
};

} // namespace latchkey::server
