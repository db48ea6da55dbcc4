#include "support_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace latchkey::test {

namespace json = boost::json;

namespace {

constexpr std::string_view keywords[] = {
    "$ref",          "type",     "required",   "properties", "additionalProperties",
    "minProperties", "enum",     "const",      "oneOf",      "anyOf",
    "items",         "maxItems", "minLength",  "maxLength",  "minimum",
    "maximum",       "format",   "description"};

// Goes through a schema and those within it.
void check_keywords(const json::value& schema) {
    for (const auto& [name, value] : schema.as_object()) {
        if (std::ranges::find(keywords, std::string_view(name)) == std::end(keywords))
            throw std::logic_error("a schema has a keyword that the tests do not check: " +
                                   std::string(name));
        if (name == "format" && value != "date-time" && value != "password")
            throw std::logic_error("a schema has a format that the tests do not check: " +
                                   json::serialize(value));
        if (name == "properties")
            for (const auto& property : value.as_object())
                check_keywords(property.value());
        if (name == "oneOf" || name == "anyOf")
            for (const auto& one : value.as_array())
                check_keywords(one);
        if (name == "items" || (name == "additionalProperties" && value.is_object()))
            check_keywords(value);
    }
}

// Everywhere in a document, a member "schema" is a schema.
void find_schemas(const json::value& value) {
    if (const auto* array = value.if_array()) std::ranges::for_each(*array, find_schemas);
    const auto* object = value.if_object();
    if (!object) return;
    for (const auto& [name, member] : *object) {
        if (name == "schema")
            check_keywords(member);
        else
            find_schemas(member);
    }
}

bool is_of_type(const json::value& value, std::string_view type) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_bool();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    throw std::logic_error("an unknown type: " + std::string(type));
}

bool is_of_types(const json::value& value, const json::value& types) {
    if (types.is_string()) return is_of_type(value, types.as_string());
    return std::ranges::any_of(types.as_array(), [&](const json::value& one) {
        return is_of_type(value, one.as_string());
    });
}

// RFC 3339, as far as its shape goes.
bool is_time(std::string_view text) {
    constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
    if (text.size() <= shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !is_digit : text[i] != shape[i]) return false;
    }
    const auto end = text.find_first_not_of(".0123456789", shape.size());
    const auto zone = end == text.npos ? std::string_view() : text.substr(end);
    return zone == "Z" || (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-'));
}

std::string shown(const json::value& value) {
    auto text = json::serialize(value);
    if (text.size() > 100) text.replace(97, std::string::npos, "...");
    return text;
}

std::string difference_of_text(const json::object& schema, std::string_view text) {
    const auto* format = schema.if_contains("format");
    if (format && *format == "date-time" && !is_time(text)) return "is no RFC 3339 time";
    const auto* min = schema.if_contains("minLength");
    if (min && text.size() < min->to_number<std::size_t>()) return "is too short";
    const auto* max = schema.if_contains("maxLength");
    if (max && text.size() > max->to_number<std::size_t>()) return "is too long";
    return {};
}

std::string difference_of_number(const json::object& schema, double n) {
    const auto* min = schema.if_contains("minimum");
    if (min && n < min->to_number<double>()) return "is less than " + json::serialize(*min);
    const auto* max = schema.if_contains("maximum");
    if (max && n > max->to_number<double>()) return "is more than " + json::serialize(*max);
    return {};
}

} // namespace

schema_checker::schema_checker(const json::value& document) : document_(document) {
    find_schemas(document);
    if (const auto* components = document.as_object().if_contains("components"))
        for (const auto& schema : components->at("schemas").as_object())
            check_keywords(schema.value());
}

const json::value& schema_checker::resolved(const json::value& what) const {
    const auto* object = what.if_object();
    const auto* reference = object ? object->if_contains("$ref") : nullptr;
    if (!reference) return what;
    return resolved(document_.at_pointer(std::string_view(reference->as_string()).substr(1)));
}

std::string schema_checker::difference(const json::value& given, const json::value& value,
                                       const std::string& place) const {
    const auto& schema = resolved(given).as_object();
    const auto* types = schema.if_contains("type");
    if (types && !is_of_types(value, *types))
        return place + " is " + shown(value) + ", and not of type " + json::serialize(*types);
    const auto* only = schema.if_contains("const");
    if (only && value != *only) return place + " is " + shown(value) + ", not " + shown(*only);
    const auto* words = schema.if_contains("enum");
    if (words && std::ranges::find(words->as_array(), value) == words->as_array().end())
        return place + " is " + shown(value) + ", none of " + shown(*words);
    for (const bool exactly : {true, false})
        if (const auto* all = schema.if_contains(exactly ? "oneOf" : "anyOf"))
            if (auto why = difference_of_one_of(all->as_array(), value, place, exactly);
                !why.empty())
                return why;
    std::string why;
    if (const auto* text = value.if_string()) why = difference_of_text(schema, *text);
    if (value.is_number()) why = difference_of_number(schema, value.to_number<double>());
    if (!why.empty()) return place + ' ' + why + ": " + shown(value);
    if (const auto* array = value.if_array()) {
        const auto* max = schema.if_contains("maxItems");
        if (max && array->size() > max->to_number<std::size_t>()) return place + " is too long";
        const auto* items = schema.if_contains("items");
        for (std::size_t i = 0; items && i < array->size(); ++i)
            if (why = difference(*items, (*array)[i], place + '[' + std::to_string(i) + ']');
                !why.empty())
                return why;
    }
    return value.is_object() ? difference_of_object(schema, value.as_object(), place)
                             : std::string();
}

std::string schema_checker::difference_of_object(const json::object& schema,
                                                 const json::object& value,
                                                 const std::string& place) const {
    if (const auto* required = schema.if_contains("required"))
        for (const auto& name : required->as_array())
            if (!value.contains(name.as_string()))
                return place + " has no member " + json::serialize(name);
    const auto* least = schema.if_contains("minProperties");
    if (least && value.size() < least->to_number<std::size_t>())
        return place + " has too few members";
    const auto* properties = schema.if_contains("properties");
    const auto* others = schema.if_contains("additionalProperties");
    for (const auto& [name, member] : value) {
        const auto* known = properties ? properties->as_object().if_contains(name) : nullptr;
        const auto* its = known ? known : others;
        const auto where = place + '.' + std::string(name);
        if (!its) continue;
        if (its->is_bool() && !its->as_bool()) return where + " is not described";
        if (auto why = difference(*its, member, where); !why.empty()) return why;
    }
    return {};
}

// Of several that do not fit, the differences of all are told.
std::string schema_checker::difference_of_one_of(const json::array& schemas,
                                                 const json::value& value, const std::string& place,
                                                 bool exactly) const {
    std::size_t fitting = 0;
    std::string nearest;
    for (const auto& one : schemas) {
        const auto why = difference(one, value, place);
        if (why.empty())
            ++fitting;
        else
            nearest += (nearest.empty() ? "" : "; or ") + why;
    }
    if (fitting == 0) return nearest;
    return exactly && fitting > 1 ? place + " fits more than one schema" : std::string();
}

} // namespace latchkey::test
