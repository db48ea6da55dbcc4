#pragma once

#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latchkey::api {

/// Reads a JSON body. With `may_be_missing`, an empty body has no values. Returns what is wrong
/// with it, or nullopt.
std::optional<http::refusal> read_body(const http::request&, http::json_body&,
                                       std::span<const http::json_field>,
                                       bool may_be_missing = false);

// --- Each copies a value that is there, and leaves `out` as it is for one that is not ---
inline void take(const http::json_value& value, std::string& out) {
    if (value.present) out = value.text;
}
inline void take(const http::json_value& value, std::optional<std::string>& out) {
    if (value.present) out = value.text;
}
inline void take(const http::json_value& value, std::vector<std::string>& out) {
    if (value.present) out.assign(value.texts.begin(), value.texts.end());
}

} // namespace latchkey::api
