#include <latchkey/core/text/json_member.hpp>

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>

namespace latchkey::core {

void append_member(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    append_json_string(out, value);
}

void append_member(std::string& out, std::string_view name,
                   const std::optional<std::string>& value) {
    if (value) return append_member(out, name, std::string_view(*value));
    out += name;
    out += "null";
}

void append_member(std::string& out, std::string_view name,
                   const std::vector<std::string>& values) {
    out += name;
    out += '[';
    for (const auto& value : values) {
        if (out.back() != '[') out += ',';
        append_json_string(out, value);
    }
    out += ']';
}

void append_member(std::string& out, std::string_view name, real_time value) {
    out += name;
    append_rfc3339(out, value);
}

void append_member(std::string& out, std::string_view name, const std::optional<real_time>& value) {
    if (value) return append_member(out, name, *value);
    out += name;
    out += "null";
}

} // namespace latchkey::core
