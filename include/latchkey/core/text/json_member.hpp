#pragma once
// Members of JSON answers. Each function appends `name`, which includes the punctuation before the
// value (R"(,"key_id":)"), and then the value, or null if it is not set.

#include <latchkey/core/clock.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::core {

void append_member(std::string& out, std::string_view name, std::string_view value);
inline void append_member(std::string& out, std::string_view name, const std::string& value) {
    append_member(out, name, std::string_view(value));
}
void append_member(std::string& out, std::string_view name,
                   const std::optional<std::string>& value);
void append_member(std::string& out, std::string_view name, const std::vector<std::string>& values);
void append_member(std::string& out, std::string_view name, real_time value);
void append_member(std::string& out, std::string_view name, const std::optional<real_time>& value);

} // namespace latchkey::core
