#pragma once

#include <ostream>
#include <string>

namespace latchkey::server {

/// Shows the progress of a long command: on a terminal as one line that is overwritten, elsewhere
/// not at all.
class progress {
  public:
    /// `out` counts as a terminal only if it is the program's own standard error.
    explicit progress(std::ostream& out);
    ~progress() { clear(); }
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    void show(const std::string& text);
    /// Shows a bar as well, for `part` of `whole`; no bar if `whole` is 0.
    void show(const std::string& text, double part, double whole);
    /// Must be called before anything else is written there.
    void clear();
    bool is_terminal() const { return terminal_ != nullptr; }

  private:
    void restart_line();

    std::ostream& out_;
    std::streambuf* terminal_; ///< behind `out_`, for escape sequences; null: no terminal
    bool shown_ = false;
};

} // namespace latchkey::server
