#include "api/page/samples.hpp"

#include "api/description/readable_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

struct variable {
    std::string_view path; ///< what the path begins with
    std::string_view name;
};
constexpr variable ids[] = {{"/admin/v1/organizations/", "$DEMO_ORGANIZATION_ID"},
                            {"/admin/v1/devices/", "$DEMO_DEVICE_ID"},
                            {"/admin/v1/api-keys/", "$KEY_ID"},
                            {"/admin/v1/revocations/", "$REVOCATION_ID"}};

constexpr std::size_t line_length = 56;

bool is_of_variable(char c) {
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The path with a variable in place of {id}.
std::string path_of(const placed_operation& asked) {
    std::string out(asked.path);
    const auto at = out.find("{id}");
    const auto found = std::ranges::find_if(
        ids, [&](const variable& one) { return asked.path.starts_with(one.path); });
    if (at != out.npos) out.replace(at, 4, found == std::end(ids) ? "$ID" : found->name);
    return out;
}

// Within single quotes of a shell, a variable ends the quotes and begins them again.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '$') {
            out += text[i] == '\'' ? std::string_view("'\\''") : text.substr(i, 1);
            continue;
        }
        std::size_t end = i + 1;
        while (end < text.size() && is_of_variable(text[end]))
            ++end;
        out += "'" + std::string(text.substr(i, end - i)) + "'";
        i = end - 1;
    }
    return out + '\'';
}

const json::value* example_of(const json::object& operation) {
    const auto* body = object_of(operation, "requestBody");
    if (!body) return nullptr;
    return body->at("content").at("application/json").as_object().if_contains("example");
}

json::value sample_object(const document& all, const json::object& schema) {
    json::object out;
    for (const auto& [name, member] : schema.at("properties").as_object())
        if (is_required(schema, name)) out[name] = sample_of(all, member.as_object());
    return out;
}

} // namespace

std::string curl_command(const placed_operation& asked) {
    constexpr std::string_view next_line = " \\\n  ";
    std::string out = "curl -s ";
    if (asked.of_admin) {
        out += "--unix-socket $LATCHKEY_ADMIN_SOCKET";
        out += next_line;
    }
    const auto* example = example_of(*asked.is);
    const bool by_default = asked.method == (example ? "post" : "get");
    if (!by_default) {
        out += "-X ";
        std::ranges::transform(asked.method, std::back_inserter(out),
                               [](char c) { return static_cast<char>(c & ~0x20); });
        out += ' ';
    }
    out += (asked.of_admin ? "http://localhost" : "$LATCHKEY_URL") + path_of(asked);
    if (!example) return out;
    out += next_line;
    out += "-H 'Content-Type: application/json'";
    out += next_line;
    auto body = description::readable_json(*example, line_length);
    body.pop_back();
    return out + "-d " + quoted(body);
}

json::value sample_of(const document& all, const json::object& given) {
    const auto& schema = all.resolved(without_null(given));
    if (const auto* several = schema.if_contains("oneOf"))
        return sample_of(all, several->as_array().front().as_object());
    if (const auto* only = schema.if_contains("const")) return *only;
    if (const auto* words = schema.if_contains("enum")) return words->as_array().front();
    const auto type = type_of(schema);
    if (type == "string")
        return text_of(schema, "format") == "date-time" ? "2027-01-31T12:00:00Z" : "…";
    if (type == "integer" || type == "number") return 1;
    if (type == "boolean") return true;
    if (type == "array") return json::array{sample_of(all, schema.at("items").as_object())};
    if (schema.contains("properties")) return sample_object(all, schema);
    return json::object();
}

} // namespace latchkey::api::page
