#pragma once
// What the commands print. Names, reasons and ids come from anywhere; a terminal only gets what it
// shows as it is (core/printable.hpp).

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace latchkey::server {

/// Passes text on to `target`, made printable. One thread.
class printable_buffer final : public std::streambuf {
  public:
    explicit printable_buffer(std::streambuf& target) : target_(target) {}
    ~printable_buffer() override;

    /// For escape sequences of our own. What was written before is in it already, but for a
    /// character that is not whole yet.
    std::streambuf& target() noexcept { return target_; }

  protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

  private:
    bool put(std::string_view text);

    std::streambuf& target_;
    std::string unfinished_; ///< the beginning of a character
};

} // namespace latchkey::server
