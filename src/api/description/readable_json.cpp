#include "api/description/readable_json.hpp"

#include <boost/json/serialize.hpp>

namespace latchkey::api::description {

namespace json = boost::json;

namespace {

std::string in_one_line(const json::value& value) {
    if (const auto* object = value.if_object()) {
        std::string out = "{";
        for (const auto& [name, member] : *object) {
            out += out.size() > 1 ? ", " : "";
            out += json::serialize(json::value(name)) + ": " + in_one_line(member);
        }
        return out + '}';
    }
    if (const auto* array = value.if_array()) {
        std::string out = "[";
        for (const auto& element : *array)
            out += (out.size() > 1 ? ", " : "") + in_one_line(element);
        return out + ']';
    }
    return json::serialize(value);
}

// `before`: what stands before the value in its line.
void write(std::string& out, const json::value& value, std::size_t line_length, std::size_t indent,
           std::size_t before) {
    const auto line = in_one_line(value);
    const bool is_scalar = !value.is_object() && !value.is_array();
    if (is_scalar || indent + before + line.size() < line_length) {
        out += line;
        return;
    }
    const std::string margin(indent + 2, ' ');
    const bool is_object = value.is_object();
    out += is_object ? '{' : '[';
    bool first = true;
    const auto begin = [&] {
        out += first ? "\n" : ",\n";
        out += margin;
        first = false;
    };
    if (is_object) {
        for (const auto& [name, member] : value.as_object()) {
            begin();
            const auto key = json::serialize(json::value(name)) + ": ";
            out += key;
            write(out, member, line_length, indent + 2, key.size());
        }
    } else {
        for (const auto& element : value.as_array()) {
            begin();
            write(out, element, line_length, indent + 2, 0);
        }
    }
    out += '\n' + std::string(indent, ' ') + (is_object ? '}' : ']');
}

} // namespace

std::string readable_json(const json::value& value, std::size_t line_length) {
    std::string out;
    write(out, value, line_length, 0, 0);
    return out += '\n';
}

} // namespace latchkey::api::description
