#pragma once

#include <ostream>
#include <string>

namespace latchkey::server {

/// How far a long command is: on a terminal, one line that is written over; elsewhere nothing.
class progress {
  public:
    /// `out` is a terminal only where it is the program's own standard error.
    explicit progress(std::ostream& out);
    ~progress() { clear(); }
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    void show(const std::string& text);
    /// With a bar, when the whole is known: `part` of `whole`.
    void show(const std::string& text, double part, double whole);
    /// Before anything else is written there.
    void clear();
    bool is_terminal() const { return terminal_ != nullptr; }

  private:
    void restart_line();

    std::ostream& out_;
    std::streambuf* terminal_; ///< behind `out_`, for escape sequences; null: it is none
    bool shown_ = false;
};

} // namespace latchkey::server
