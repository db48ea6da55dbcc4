#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace load {

/// A text in which {n} stands for a number, split once so that writing it copies pieces.
class numbered_text {
  public:
    numbered_text() : numbered_text(std::string_view()) {}
    explicit numbered_text(std::string_view text);

    bool is_numbered() const { return pieces_.size() > 1; }
    std::size_t size(std::size_t digits) const { return fixed_ + (pieces_.size() - 1) * digits; }

    /// The text of one that is not numbered.
    std::string_view plain() const { return pieces_.front(); }

    void append_to(std::string& out, std::string_view number) const;

    /// Whether the text, with this number, begins here.
    bool begins(std::string_view text, std::string_view number) const;

  private:
    std::vector<std::string> pieces_; // between them stands the number
    std::size_t fixed_ = 0;
};

} // namespace load
