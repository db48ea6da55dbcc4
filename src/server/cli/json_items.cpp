#include "server/cli/json_items.hpp"

#include <string_view>

namespace latchkey::server {

namespace {

constexpr int end_of_file = std::istream::traits_type::eof();

bool is_space(int c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Follows JSON just so far that it knows where a value ends.
class value_scanner {
  public:
    /// Returns whether the character belongs to no value: a comma or a bracket around it.
    bool ends(char c) const { return depth_ == 0 && !quoted_ && (c == ',' || c == ']'); }
    void take(char c) {
        if (quoted_) {
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"')
                quoted_ = false;
        } else if (c == '"') {
            quoted_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if ((c == '}' || c == ']') && depth_ > 0) {
            --depth_;
        }
    }

  private:
    std::size_t depth_ = 0;
    bool quoted_ = false;
    bool escaped_ = false;
};

} // namespace

int json_items::take() {
    const int c = in_.get();
    if (c == end_of_file)
        ended_ = true;
    else
        ++read_;
    return c;
}

void json_items::find_form() {
    while (is_space(in_.peek()))
        if (take() == '\n') ++number_;
    form_ = form::lines;
    if (in_.peek() != '[') return;
    take();
    form_ = form::array;
    number_ = 0;
}

std::optional<json_item> json_items::next() {
    if (form_ == form::unknown) find_form();
    return form_ == form::array ? next_element() : next_line();
}

std::optional<json_item> json_items::next_line() {
    while (!ended_) {
        json_item item{++number_, {}, false};
        for (int c = take(); c != end_of_file && c != '\n'; c = take()) {
            item.too_long = item.too_long || item.text.size() == bytes_max_;
            if (!item.too_long) item.text += static_cast<char>(c);
        }
        if (item.text.find_first_not_of(" \t\r") != std::string::npos) return item;
    }
    return std::nullopt;
}

std::optional<json_item> json_items::next_element() {
    if (closed_ || ended_) return std::nullopt;
    json_item item{++number_, {}, false};
    value_scanner scanner;
    for (int c = take(); c != end_of_file; c = take()) {
        const auto character = static_cast<char>(c);
        if (scanner.ends(character)) {
            closed_ = character == ']';
            break;
        }
        scanner.take(character);
        if (item.text.empty() && is_space(c)) continue;
        item.too_long = item.too_long || item.text.size() == bytes_max_;
        // On one line: it becomes a part of another JSON text.
        if (!item.too_long) item.text += is_space(c) ? ' ' : character;
    }
    // "[]", and what follows the last comma of a list that is closed after it.
    if (item.text.empty() && (closed_ || ended_)) return std::nullopt;
    return item;
}

} // namespace latchkey::server
