#pragma once
// Reads the JSON objects that nearly all requests have: all values are strings, and all texts stand
// there as they are, in ASCII without escapes. It costs a quarter of what the general parser costs,
// and reads nothing that the parser would read otherwise: whatever else comes is left to it.

#include <cstddef>
#include <string_view>

namespace latchkey::http {

/// Returns the position of the first byte at or after `from` that ends a plain text in a JSON
/// string or is not plain: a quote, a backslash, a control character, or a byte above 0x7f. The
/// text's size if there is none. Reads eight bytes at a time.
std::size_t plain_text_end(std::string_view text, std::size_t from) noexcept;

/// One plain object, from its brace to the end of `text`.
class plain_object {
  public:
    explicit plain_object(std::string_view text) noexcept : text_(text) {}

    /// Calls `take(name, value)`, which returns false to give up, for each member. Returns false if
    /// it gave up, or if the text is anything else.
    template <class Take>
    bool each(Take take) {
        if (!skip('{')) return false;
        if (!skip('}')) {
            do {
                std::string_view name;
                std::string_view value;
                if (!read(name) || !skip(':') || !read(value) || !take(name, value)) return false;
            } while (skip(','));
            if (!skip('}')) return false;
        }
        skip_space();
        return at_ == text_.size();
    }

  private:
    void skip_space() noexcept {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\r' || text_[at_] == '\t'))
            ++at_;
    }
    bool skip(char wanted) noexcept {
        skip_space();
        const bool found = at_ < text_.size() && text_[at_] == wanted;
        at_ += found;
        return found;
    }
    bool read(std::string_view& out) noexcept {
        if (!skip('"')) return false;
        const auto end = plain_text_end(text_, at_);
        if (end == text_.size() || text_[end] != '"') return false;
        out = text_.substr(at_, end - at_);
        at_ = end + 1;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace latchkey::http
