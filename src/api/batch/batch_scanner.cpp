#include "api/batch/batch_scanner.hpp"

#include "api/public/fields.hpp"

#include <latchkey/http/json_body.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

namespace latchkey::api {

namespace {

namespace json = boost::json;
using boost::json::error_code;

constexpr std::string_view items_name = "\"items\"";
constexpr std::array<http::json_field, 1> members = {
    {{batch_fields.name("items"), http::json_kind::text}}};

constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Returns true for a character that ends a number, true, false or null.
constexpr bool ends_word(char c) noexcept {
    return is_space(c) || c == ',' || c == ']' || c == '}';
}

// Accepts every event, without limits.
struct listener {
    static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_object_size = unbounded;
    static constexpr std::size_t max_array_size = unbounded;
    static constexpr std::size_t max_key_size = unbounded;
    static constexpr std::size_t max_string_size = unbounded;

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t, error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_key_part(json::string_view, std::size_t, error_code&) { return true; }
    bool on_key(json::string_view, std::size_t, error_code&) { return true; }
    bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
    bool on_string(json::string_view, std::size_t, error_code&) { return true; }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
    bool on_double(double, json::string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }
};

} // namespace

struct batch_scanner::grammar {
    json::basic_parser<listener> parser{json::parse_options{.max_depth = depth_max}};
};

batch_scanner::batch_scanner() : grammar_(std::make_unique<grammar>()) {}
batch_scanner::~batch_scanner() = default;

void batch_scanner::begin(std::string_view body) {
    body_ = body;
    at_ = 0;
    state_ = state::object;
    repeated_ = false;
    why_ = {};
    is_checking_ = false;
}

// Returns false if more white space may follow.
bool batch_scanner::skip_space(std::size_t bytes_max) noexcept {
    const auto limit = at_ + std::min(bytes_max, body_.size() - at_);
    while (at_ < limit && is_space(body_[at_]))
        ++at_;
    return at_ == body_.size() || !is_space(body_[at_]);
}

// Returns the name with its quotes; empty if there is none.
std::string_view batch_scanner::take_name() noexcept {
    if (peek() != '"') return {};
    const auto begin = string_ = at_++;
    scan_string(body_.size());
    if (string_ != 0) return {};
    return body_.substr(begin, at_ - begin);
}

batch_scanner::outcome batch_scanner::refuse(std::string detail) {
    why_ = {400, std::move(detail)};
    state_ = state::over;
    return outcome::refused;
}

batch_scanner::outcome batch_scanner::not_json(std::string_view what) {
    return refuse("the body is not JSON: " + std::string(what) + " at byte " +
                  std::to_string(at_ + 1) + " of " + std::to_string(body_.size()));
}

batch_scanner::outcome batch_scanner::expect(char c, state then, std::string_view what) {
    if (peek() != c) return not_json(what);
    ++at_;
    state_ = then;
    return outcome::partial;
}

// A name that is not literally `items` is read, and refused, as json_body does for any body.
batch_scanner::outcome batch_scanner::read_name() {
    if (peek() == '}' && !repeated_)
        return refuse("field \"items\" is missing; it must be an array of objects");
    const auto name = take_name();
    if (name.empty()) return not_json("a name is missing");
    if (name != items_name) {
        http::json_body reader;
        if (auto why = reader.read("{" + std::string(name) + ":\"\"}", members))
            return refuse(std::move(why->detail));
    }
    if (std::exchange(repeated_, true)) return refuse("field \"items\" is there twice");
    state_ = state::colon;
    return outcome::partial;
}

batch_scanner::outcome batch_scanner::begin_item() {
    if (at_ == body_.size() || ends_word(peek())) return not_json("an item is missing");
    begin_ = at_;
    depth_ = 0;
    string_ = 0;
    state_ = state::within;
    return outcome::partial;
}

batch_scanner::outcome batch_scanner::found() noexcept {
    state_ = state::comma;
    return outcome::item;
}

// Continues to the end of the string, or to `limit`.
void batch_scanner::scan_string(std::size_t limit) {
    const auto part = body_.substr(0, limit);
    for (auto quote = part.find('"', at_); quote != std::string_view::npos;
         quote = part.find('"', quote + 1)) {
        auto before = quote;
        while (before - 1 > string_ && body_[before - 1] == '\\')
            --before;
        if ((quote - before) % 2 != 0) continue;
        string_ = 0;
        at_ = quote + 1;
        return;
    }
    at_ = limit;
}

// Takes one character outside of strings. Returns false for a bracket that cannot stand here.
bool batch_scanner::bracket() {
    const char c = body_[at_++];
    if (c == '"') {
        string_ = at_ - 1;
    } else if (c == '{' || c == '[') {
        if (depth_ == depth_max) return false;
        const auto bit = std::uint64_t(1) << depth_++;
        is_array_ = c == '[' ? is_array_ | bit : is_array_ & ~bit;
    } else if (c == '}' || c == ']') {
        if (depth_ == 0) return false;
        const auto bit = std::uint64_t(1) << --depth_;
        return ((is_array_ & bit) != 0) == (c == ']');
    }
    return true;
}

// Goes to the end of an item that is an object of texts without escapes, as nearly all are. Returns
// false, and stays where it is, if the item is another or is not complete before `limit`.
bool batch_scanner::pass_plain_item(std::size_t limit) noexcept {
    const auto text = body_.substr(0, limit);
    for (auto at = begin_ + 1; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
            at = text.find('"', at + 1);
            if (at == std::string_view::npos || text[at - 1] == '\\') return false;
        } else if (c == '}') {
            at_ = at + 1;
            return true;
        } else if (c != ',' && c != ':' && !is_space(c)) {
            return false;
        }
    }
    return false;
}

batch_scanner::outcome batch_scanner::scan_item(std::size_t bytes_max) {
    const auto limit = at_ + std::min(bytes_max, body_.size() - at_);
    if (at_ == begin_ && peek() == '{' && pass_plain_item(limit)) return found();
    while (at_ < limit) {
        if (string_ != 0) {
            scan_string(limit);
            if (string_ == 0 && depth_ == 0) return found();
            continue;
        }
        if (depth_ == 0 && at_ > begin_ && ends_word(body_[at_])) return found();
        const auto before = depth_;
        if (!bracket()) return not_json("brackets that do not match, or too many,");
        if (before == 1 && depth_ == 0) return found();
    }
    return at_ == body_.size() ? not_json("an item does not end") : outcome::partial;
}

// Takes one step through what surrounds the items.
batch_scanner::outcome batch_scanner::step() {
    switch (state_) {
    case state::object:
        if (at_ == body_.size()) return not_json("it is empty");
        if (peek() != '{') return refuse("the body must be a JSON object");
        return expect('{', state::name, "");
    case state::name:
        return read_name();
    case state::colon:
        return expect(':', state::array, "a colon is missing");
    case state::array:
        if (peek() != '[') return refuse("field \"items\" must be an array of objects");
        return expect('[', state::first, "");
    case state::first:
        if (peek() == ']') return expect(']', state::close, "");
        return begin_item();
    case state::item:
        return begin_item();
    case state::comma:
        if (peek() == ',') return expect(',', state::item, "");
        return expect(']', state::close, "a comma is missing");
    case state::close:
        if (peek() == ',') return expect(',', state::name, "");
        return expect('}', state::end, "the object does not end");
    case state::end:
        if (at_ < body_.size()) return not_json("something behind the object");
        state_ = state::over;
        return outcome::end;
    case state::within:
    case state::over:
        break;
    }
    return why_.detail.empty() ? outcome::end : outcome::refused;
}

batch_scanner::outcome batch_scanner::next(std::size_t bytes_max) {
    while (state_ != state::within) {
        if (!skip_space(bytes_max)) return outcome::partial;
        if (const auto what = step(); what != outcome::partial) return what;
    }
    return scan_item(bytes_max);
}

void batch_scanner::begin_check(std::string_view text) {
    grammar_->parser.reset();
    unchecked_ = text;
    is_checking_ = true;
}

bool batch_scanner::check(std::size_t bytes_max) {
    const auto piece = unchecked_.substr(0, bytes_max);
    unchecked_.remove_prefix(piece.size());
    const bool more = !unchecked_.empty();
    error_code ec;
    const auto read = grammar_->parser.write_some(more, piece.data(), piece.size(), ec);
    const bool good = !ec && read == piece.size();
    is_checking_ = good && more;
    return good;
}

} // namespace latchkey::api
