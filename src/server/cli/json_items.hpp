#pragma once
// The items of a file that may be larger than memory: JSON objects on lines of their own, or in one
// JSON array.

#include <cstddef>
#include <istream>
#include <optional>
#include <string>

namespace latchkey::server {

struct json_item {
    std::size_t number = 0; ///< of its line, or its place in the array, from 1
    std::string text;       ///< an object, or what stands in its place
    bool too_long = false;  ///< `text` is not all of it
};

class json_items {
  public:
    /// An item longer than `bytes_max` is read to its end, and its text is cut.
    json_items(std::istream& in, std::size_t bytes_max) : in_(in), bytes_max_(bytes_max) {}

    /// Returns nullopt at the end. Lines without text are passed over.
    std::optional<json_item> next();
    bool is_array() const noexcept { return form_ == form::array; }
    /// Bytes read so far.
    double read() const noexcept { return read_; }
    /// An array that the file does not close: it is cut off.
    bool is_cut_off() const noexcept { return form_ == form::array && ended_ && !closed_; }

  private:
    enum class form { unknown, lines, array };
    void find_form();
    std::optional<json_item> next_line();
    std::optional<json_item> next_element();
    int take();

    std::istream& in_;
    const std::size_t bytes_max_;
    form form_ = form::unknown;
    std::size_t number_ = 0;
    double read_ = 0;
    bool ended_ = false;
    bool closed_ = false;
};

} // namespace latchkey::server
