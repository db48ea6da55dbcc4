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
                            {"/admin/v1/roles/", "$ROLE_ID"},
                            {"/admin/v1/revocations/", "$REVOCATION_ID"}};

constexpr std::size_t line_length = 56;

bool is_of_variable(char c) {
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    return out;
}

// The path with a variable in place of {id} or another name.
std::string path_of(const placed_operation& asked) {
    std::string out(asked.path);
    const auto begin = out.find('{');
    if (begin == out.npos) return out;
    const auto end = out.find('}', begin);
    const auto found = std::ranges::find_if(
        ids, [&](const variable& one) { return asked.path.starts_with(one.path); });
    const auto name = found == std::end(ids) ? '$' + upper(out.substr(begin + 1, end - begin - 1))
                                             : std::string(found->name);
    return out.replace(begin, end + 1 - begin, name);
}

bool has_parameter(const json::object& operation, std::string_view component) {
    const auto* all = operation.if_contains("parameters");
    return all && std::ranges::any_of(all->as_array(), [&](const json::value& one) {
               return referred(one.as_object()) == component;
           });
}

// What the query must have, as text in double quotes of a shell.
std::string query_of(const json::object& operation) {
    std::string out;
    const auto* all = operation.if_contains("parameters");
    if (!all) return out;
    for (const auto& one : all->as_array()) {
        const auto& given = one.as_object();
        if (!given.contains("required") || given.at("in") != "query") continue;
        const auto name = std::string(given.at("name").as_string());
        (out += out.empty() ? '?' : '&') += name + '=';
        out += name == "organization_id" ? "$DEMO_ORGANIZATION_ID" : "example";
    }
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
    const auto body = body_of(operation);
    return body ? body->is->if_contains("example") : nullptr;
}

// A field of a form, in double quotes of a shell.
std::string form_field(std::string_view name, const json::value& value) {
    return "--data-urlencode \"" + std::string(name) + '=' + std::string(value.as_string()) + '"';
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
    // A client's own API key is asked of gateways, whose answers are header fields alone.
    const bool of_gateways = has_parameter(*asked.is, "apiKey");
    std::string out = of_gateways ? "curl -si " : "curl -s ";
    if (asked.of_admin) {
        out += "--unix-socket $LATCHKEY_ADMIN_SOCKET";
        out += next_line;
    }
    const auto* example = example_of(*asked.is);
    const bool by_default = asked.method == (example ? "post" : "get");
    if (!by_default) out += "-X " + upper(asked.method) + ' ';
    const auto query = query_of(*asked.is);
    const std::string quote = query.empty() ? "" : "\"";
    out += quote + (asked.of_admin ? "http://localhost" : "$LATCHKEY_URL") + path_of(asked) +
           query + quote;
    if (of_gateways) (out += next_line) += "-H \"X-API-Key: $DEMO_API_KEY\"";
    if (!allows_anybody(*asked.is)) (out += next_line) += "-H \"X-Latchkey-Key: $CALLER_KEY\"";
    if (!example) return out;
    if (body_of(*asked.is)->is_form()) {
        for (const auto& [name, value] : example->as_object())
            (out += next_line) += form_field(name, value);
        return out;
    }
    out += next_line;
    out += "-H 'Content-Type: application/json'";
    out += next_line;
    auto body = description::readable_json(*example, line_length);
    body.pop_back();
    for (auto at = body.find('\n'); at != body.npos; at = body.find('\n', at + 1))
        body.insert(at + 1, "  ");
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
