#pragma once
// Builds text in memory that exists already, without allocating.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace latchkey::core {

/// Writes texts and numbers one after the other. The caller provides enough room: what does not fit
/// is left out.
class text_writer {
  public:
    explicit text_writer(std::span<char> room) noexcept
        : begin_(room.data()), at_(begin_), end_(begin_ + room.size()) {}

    text_writer& operator<<(std::string_view text) noexcept {
        const auto fits = std::min(text.size(), static_cast<std::size_t>(end_ - at_));
        at_ = std::copy_n(text.data(), fits, at_);
        return *this;
    }
    text_writer& operator<<(std::uint64_t n) noexcept {
        const auto done = std::to_chars(at_, end_, n);
        if (done.ec == std::errc()) at_ = done.ptr;
        return *this;
    }

    std::string_view written() const noexcept {
        return {begin_, static_cast<std::size_t>(at_ - begin_)};
    }

  private:
    char* begin_;
    char* at_;
    char* end_;
};

} // namespace latchkey::core
