#pragma once
// Boost.JSON's own tree of values, to compare results with.

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

} // namespace latchkey::fuzz
