#include <latchkey/core/text/json_object.hpp>

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>

namespace latchkey::core {

json_value::json_value(std::string_view value) {
    append_json_string(text, value);
}

json_value::json_value(real_time value) {
    append_rfc3339(text, value);
}

json_value::json_value(const std::vector<std::string>& values)
    : json_value(json_array(values, [](const auto& one) { return json_value(one); })) {}

json_value json_object(std::initializer_list<json_member> members) {
    json_value out(nullptr);
    out.text = "{";
    for (const auto& one : members) {
        if (out.text.size() > 1) out.text += ',';
        append_json_string(out.text, one.name);
        out.text += ':' + one.value.text;
    }
    out.text += '}';
    return out;
}

json_value compact_json(std::string_view json) {
    json_value out(nullptr);
    out.text.clear();
    append_compact_json(out.text, json);
    return out;
}

} // namespace latchkey::core
