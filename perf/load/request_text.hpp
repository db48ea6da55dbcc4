#pragma once
#include "mix.hpp"

#include <array>
#include <string>
#include <string_view>

namespace load {

/// A number in decimal digits.
class digits {
  public:
    explicit digits(std::uint64_t number);
    std::string_view view() const { return {text_.data(), size_}; }

  private:
    std::array<char, 20> text_;
    std::size_t size_;
};

/// The bytes of one kind of request. They are built once for each length that {n} can have, because
/// Content-Length depends on it.
class request_text {
  public:
    /// host: the field Host, unless the mix has one.
    request_text(const request_kind& kind, std::string_view host);

    /// The request for this number: in `out`, or, where it is always the same, where it was built.
    std::string_view write(std::string& out, std::string_view number) const {
        const auto& text = by_digits_[number.size() - 1];
        if (!text.is_numbered()) return text.plain();
        out.clear();
        text.append_to(out, number);
        return out;
    }

  private:
    std::array<numbered_text, 20> by_digits_;
};

} // namespace load
