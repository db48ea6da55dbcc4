#pragma once
// Boost.JSON's own tree of values, to compare results with.

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::fuzz {

/// Returns nullopt if the text is not JSON or is nested more deeply than `depth_max`.
inline std::optional<boost::json::value> tree_of(std::string_view text, std::size_t depth_max) {
    boost::json::parse_options options;
    options.max_depth = depth_max;
    boost::json::error_code ec;
    auto value = boost::json::parse(text, ec, {}, options);
    if (ec) return std::nullopt;
    return value;
}

/// Returns false if a number in it is not finite: such numbers cannot be written and read again.
/// "0e999" is NaN in Boost.JSON 1.81.
inline bool is_finite(const boost::json::value& v) {
    if (const auto* number = v.if_double()) return std::isfinite(*number);
    if (const auto* array = v.if_array())
        return std::all_of(array->begin(), array->end(), is_finite);
    const auto* object = v.if_object();
    return !object || std::all_of(object->begin(), object->end(),
                                  [](const auto& member) { return is_finite(member.value()); });
}

/// Returns true if the trees are equal or both hold a number that is not finite: NaN does not even
/// equal itself.
inline bool alike(const boost::json::value& a, const boost::json::value& b) {
    return a == b || (!is_finite(a) && !is_finite(b));
}

/// Counts the names of the outermost object, each as often as it is there. A tree has only the last
/// value of a repeated name, so that what it lacks may be of any type.
class outer_names {
  public:
    static constexpr auto max_object_size = std::string_view::npos;
    static constexpr auto max_array_size = std::string_view::npos;
    static constexpr auto max_key_size = std::string_view::npos;
    static constexpr auto max_string_size = std::string_view::npos;
    using text = boost::json::string_view;
    using error_code = boost::json::error_code;

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return ++depth_ > 0; }
    bool on_object_end(std::size_t, error_code&) { return depth_-- > 0; }
    bool on_array_begin(error_code&) { return ++depth_ > 0; }
    bool on_array_end(std::size_t, error_code&) { return depth_-- > 0; }
    bool on_key_part(text, std::size_t, error_code&) { return true; }
    bool on_key(text, std::size_t, error_code&) {
        count_ += depth_ == 1;
        return true;
    }
    bool on_string_part(text, std::size_t, error_code&) { return true; }
    bool on_string(text, std::size_t, error_code&) { return true; }
    bool on_number_part(text, error_code&) { return true; }
    bool on_int64(std::int64_t, text, error_code&) { return true; }
    bool on_uint64(std::uint64_t, text, error_code&) { return true; }
    bool on_double(double, text, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(text, error_code&) { return true; }
    bool on_comment(text, error_code&) { return true; }

    std::size_t count() const { return count_; }

  private:
    std::size_t depth_ = 0;
    std::size_t count_ = 0;
};

/// Returns true if a name of the outermost object is there twice. `tree` is the text's.
inline bool repeats_a_name(std::string_view text, const boost::json::object& tree) {
    boost::json::basic_parser<outer_names> parser{boost::json::parse_options{}};
    boost::json::error_code ec;
    parser.write_some(false, text.data(), text.size(), ec);
    return parser.handler().count() > tree.size();
}

} // namespace latchkey::fuzz
