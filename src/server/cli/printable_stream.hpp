#pragma once
// The output of the commands. Names, reasons and ids come from anybody, so that characters that a
// terminal would obey are escaped (core/text/printable.hpp).

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace latchkey::server {

/// Makes text printable and passes it on to `target`. For one thread.
class printable_buffer final : public std::streambuf {
  public:
    explicit printable_buffer(std::streambuf& target) : target_(target) {}
    ~printable_buffer() override;

    /// For our own escape sequences. It already has everything that was written, except for a
    /// character that is not complete yet.
    std::streambuf& target() noexcept { return target_; }

  protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

  private:
    bool put(std::string_view text);

    std::streambuf& target_;
    std::string unfinished_; ///< the first bytes of an incomplete character
};

} // namespace latchkey::server
