#pragma once
// JSON values and objects of answers that are written rarely. Members stand in the given order,
// numbers of foreign JSON keep their digits, and texts that are not UTF-8 are mended.
//
//   json_object({{"id", key.id}, {"expires_at", key.expires_at}, {"tags", compact_json(key.tags)}})
//       .text

#include <latchkey/core/clock.hpp>
#include <latchkey/core/giving_way.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::core {

/// The text of one value. An optional that is not set is null.
struct json_value {
    template <class Text>
    requires std::convertible_to<const Text&, std::string_view> json_value(const Text& value)
        : json_value(std::string_view(value)) {}
    json_value(std::string_view);
    json_value(real_time);
    json_value(const std::vector<std::string>&);
    template <std::integral Number>
    json_value(Number n) : text(std::to_string(n)) {}
    json_value(bool b) : text(b ? "true" : "false") {}
    json_value(std::nullptr_t) : text("null") {}
    template <class T>
    json_value(const std::optional<T>& value)
        : json_value(value ? json_value(*value) : json_value(nullptr)) {}

    std::string text;
};

struct json_member {
    std::string_view name;
    json_value value;
};

json_value json_object(std::initializer_list<json_member>);

/// Valid JSON text, without the white space between its tokens.
json_value compact_json(std::string_view);

/// An array of what `to_json(element)` returns for each element.
template <class List, class ToJson>
json_value json_array(const List& list, ToJson to_json) {
    json_value out(nullptr);
    out.text = "[";
    giving_way others;
    for (const auto& one : list) {
        others.step();
        if (out.text.size() > 1) out.text += ',';
        out.text += to_json(one).text;
    }
    out.text += ']';
    return out;
}

} // namespace latchkey::core
