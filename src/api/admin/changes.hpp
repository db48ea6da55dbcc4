#pragma once
// What a PATCH has in common: it changes only what it names, and null clears what may be cleared.

#include <latchkey/core/result.hpp>
#include <latchkey/http/json_body.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::api {

/// Returns a 422 if the body names nothing, or null for a field that cannot be cleared.
std::optional<http::refusal> unless_changes(const http::json_body&,
                                            std::span<const http::json_field>,
                                            std::span<const std::string_view> clearable);

/// Copies a value that is there; null clears it.
inline void take_change(const http::json_value& value,
                        std::optional<std::optional<std::string>>& out) {
    if (value.present)
        out = std::optional(std::string(value.text));
    else if (value.null)
        out = std::optional<std::string>();
}
/// Null is an empty list.
inline void take_change(const http::json_value& value,
                        std::optional<std::vector<std::string>>& out) {
    if (value.present)
        out.emplace(value.texts.begin(), value.texts.end());
    else if (value.null)
        out.emplace();
}
/// Null is an empty object.
inline void take_object(const http::json_value& value, std::optional<std::string>& out) {
    if (value.present)
        out = value.text;
    else if (value.null)
        out = "{}";
}
inline void take_change(const http::json_value& value, std::optional<bool>& out) {
    if (value.present) out = value.boolean;
}

} // namespace latchkey::api
