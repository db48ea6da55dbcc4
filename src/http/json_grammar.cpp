#include <latchkey/http/json_grammar.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <cstdint>
#include <limits>

namespace latchkey::http {

namespace {

namespace json = boost::json;
using boost::json::error_code;

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

json::parse_options options() {
    json::parse_options o;
    o.max_depth = json_grammar::depth_max;
    return o;
}

} // namespace

struct json_grammar::parser {
    json::basic_parser<listener> json{options()};
};

json_grammar::json_grammar() : parser_(std::make_unique<parser>()) {}
json_grammar::~json_grammar() = default;

void json_grammar::begin() {
    parser_->json.reset();
}

bool json_grammar::feed(std::string_view piece, bool last) {
    error_code ec;
    const auto read = parser_->json.write_some(!last, piece.data(), piece.size(), ec);
    return !ec && read == piece.size();
}

} // namespace latchkey::http
