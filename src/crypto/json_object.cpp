#include <latchkey/crypto/json_object.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <cmath>
#include <limits>

namespace latchkey::crypto {

namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

// Builds the value, and counts the names in the text.
class builder {
  public:
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();

    builder(json::storage_ptr storage, std::size_t names_max)
        : names_max_(names_max), stack_({}, room_, sizeof room_) {
        stack_.reset(std::move(storage));
    }

    std::size_t names = 0;

    json::value release() { return stack_.release(); }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t n, error_code&) { return stack_.push_object(n), true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t n, error_code&) { return stack_.push_array(n), true; }
    bool on_key_part(string_view s, std::size_t, error_code&) { return stack_.push_chars(s), true; }
    bool on_key(string_view s, std::size_t, error_code& ec) {
        if (++names > names_max_) {
            ec = json::error::object_too_large;
            return false;
        }
        stack_.push_key(s);
        return true;
    }
    bool on_string_part(string_view s, std::size_t, error_code&) {
        return stack_.push_chars(s), true;
    }
    bool on_string(string_view s, std::size_t, error_code&) { return stack_.push_string(s), true; }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t i, string_view, error_code&) { return stack_.push_int64(i), true; }
    bool on_uint64(std::uint64_t u, string_view, error_code&) {
        return stack_.push_uint64(u), true;
    }
    bool on_double(double d, string_view, error_code& ec) {
        if (!std::isfinite(d)) {
            ec = json::error::exponent_overflow;
            return false;
        }
        stack_.push_double(d);
        return true;
    }
    bool on_bool(bool b, error_code&) { return stack_.push_bool(b), true; }
    bool on_null(error_code&) { return stack_.push_null(), true; }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

  private:
    std::size_t names_max_;
    unsigned char room_[2048]; // enough for the pending values of an ordinary token
    json::value_stack stack_;
};

// How many names a value holds. Of two members with one name Boost.JSON keeps the last: fewer names
// than in the text mean that some were repeated.
std::size_t names_in(const json::value& v) {
    std::size_t n = 0;
    if (const auto* object = v.if_object()) {
        n = object->size();
        for (const auto& member : *object)
            n += names_in(member.value());
    } else if (const auto* array = v.if_array()) {
        for (const auto& element : *array)
            n += names_in(element);
    }
    return n;
}

core::failure invalid(const char* why) {
    return {core::failure_kind::invalid, why};
}

core::failure why_not(error_code ec) {
    if (ec == json::error::too_deep) return invalid("it is nested too deeply");
    if (ec == json::error::object_too_large) return invalid("it has too many members");
    if (ec == json::error::exponent_overflow) return invalid("a number in it is not finite");
    return invalid("it is not JSON");
}

} // namespace

core::result<json::object> parse_json_object(std::string_view text, const json_limits& limits,
                                             json::storage_ptr storage) {
    if (text.size() > limits.bytes_max) return invalid("it is too long");
    json::parse_options options;
    options.max_depth = limits.depth_max;
    json::basic_parser<builder> parser(options, std::move(storage), limits.names_max);
    error_code ec;
    const auto read = parser.write_some(false, text.data(), text.size(), ec);
    if (ec) return why_not(ec);
    if (read < text.size()) return invalid("something follows the JSON value");
    auto value = parser.handler().release();
    if (!value.is_object()) return invalid("it is not a JSON object");
    if (names_in(value) != parser.handler().names) return invalid("a name in it is repeated");
    return std::move(value.get_object());
}

} // namespace latchkey::crypto
