#include "api/description/json_schema.hpp"

#include <latchkey/api/field_terms.hpp>

#include <boost/json/array.hpp>

#include <limits>

namespace latchkey::api::description {

namespace json = boost::json;

namespace {

json::array array_of(std::span<const std::string_view> words) {
    json::array out;
    for (const auto word : words)
        out.emplace_back(word);
    return out;
}

// A text is one of the words, if there are any.
void restrict_to(json::object& text, std::span<const std::string_view> words) {
    if (words.size() == 1)
        text["const"] = words.front();
    else if (!words.empty())
        text["enum"] = array_of(words);
}

json::object list_of(json::object items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

void allow_null(json::object& what) {
    if (what.contains("$ref")) {
        what = {{"oneOf", {json::object(what), {{"type", "null"}}}}};
        return;
    }
    what["type"] = {what["type"], "null"};
    if (auto* words = what.if_contains("enum")) words->as_array().emplace_back(nullptr);
}

json::object object_with(json::object properties, json::array required) {
    json::object out{{"type", "object"}};
    if (!required.empty()) out["required"] = std::move(required);
    out["properties"] = std::move(properties);
    out["additionalProperties"] = false;
    return out;
}

json::object kind_of(const member& m) {
    switch (m.is) {
    case shape::text: {
        json::object out{{"type", "string"}};
        restrict_to(out, m.words_only);
        return out;
    }
    case shape::time:
        return {{"type", "string"}, {"format", "date-time"}};
    case shape::integer:
        return {{"type", "integer"}};
    case shape::number:
        return {{"type", "number"}};
    case shape::boolean:
        return {{"type", "boolean"}};
    case shape::yes:
        return {{"type", "boolean"}, {"const", true}};
    case shape::no:
        return {{"type", "boolean"}, {"const", false}};
    case shape::object:
        return {{"type", "object"}};
    case shape::texts:
        return list_of({{"type", "string"}});
    case shape::one:
        return reference_to(m.of);
    case shape::list:
        return list_of(reference_to(m.of));
    case shape::map:
        return {{"type", "object"}, {"additionalProperties", reference_to(m.of)}};
    case shape::counts:
        return {{"type", "object"}, {"additionalProperties", {{"type", "integer"}}}};
    }
    return {};
}

// --- Fields of requests ---

json::object object_of(std::span<const http::json_field>);

json::object kind_of(const http::json_field& f) {
    const http::field_terms nothing;
    const auto& terms = f.terms ? *f.terms : nothing;
    switch (f.kind) {
    case http::json_kind::text: {
        json::object out{{"type", "string"}};
        if (!terms.format.empty()) out["format"] = terms.format;
        restrict_to(out, terms.words);
        return out;
    }
    case http::json_kind::texts: {
        auto out = list_of({{"type", "string"}});
        if (terms.items_max != 0) out["maxItems"] = terms.items_max;
        return out;
    }
    case http::json_kind::integer: {
        json::object out{{"type", "integer"}};
        using limits = std::numeric_limits<std::int64_t>;
        if (terms.min != limits::min()) out["minimum"] = terms.min;
        if (terms.max != limits::max()) out["maximum"] = terms.max;
        return out;
    }
    case http::json_kind::object:
        return terms.members.empty() ? json::object{{"type", "object"}} : object_of(terms.members);
    case http::json_kind::objects: {
        auto out = list_of(terms.members.empty() ? json::object{{"type", "object"}}
                                                 : object_of(terms.members));
        if (terms.items_max != 0) out["maxItems"] = terms.items_max;
        return out;
    }
    case http::json_kind::boolean:
        return {{"type", "boolean"}};
    }
    return {};
}

json::object schema_of(const http::json_field& f, bool nullable) {
    auto out = kind_of(f);
    if (nullable) allow_null(out);
    if (f.terms && !f.terms->says.empty()) out["description"] = f.terms->says;
    return out;
}

json::object object_of(std::span<const http::json_field> fields) {
    json::object properties;
    json::array required;
    for (const auto& f : fields) {
        properties[f.name] = schema_of(f, !f.required);
        if (f.required) required.emplace_back(f.name);
    }
    return object_with(std::move(properties), std::move(required));
}

// What a PATCH does not clear must not be null there.
json::object change_of(const operation& of) {
    json::object properties;
    for (const auto& f : of.body) {
        const bool clears = std::ranges::find(of.clears, f.name) != of.clears.end();
        properties[f.name] = schema_of(f, clears);
    }
    auto out = object_with(std::move(properties), {});
    out["minProperties"] = 1;
    return out;
}

json::object schema_of(const item_kind& kind) {
    json::object properties{{"type", {{"type", "string"}, {"const", kind.type}}}};
    json::array required{"type"};
    for (const auto& f : kind.fields) {
        const bool is_required = f.required || f.name == kind.required;
        properties[f.name] = schema_of(f, !is_required);
        if (is_required) required.emplace_back(f.name);
    }
    for (const auto& f : kind.all)
        if (!properties.contains(f.name)) properties[f.name] = {{"type", "null"}};
    return object_with(std::move(properties), std::move(required));
}

} // namespace

json::object schema_of_form(std::span<const http::json_field> fields) {
    json::object properties;
    json::array required;
    for (const auto& f : fields) {
        properties[f.name] = schema_of(f, false);
        if (f.required) required.emplace_back(f.name);
    }
    json::object out{{"type", "object"}};
    if (!required.empty()) out["required"] = std::move(required);
    out["properties"] = std::move(properties);
    return out;
}

json::object reference_to(std::string_view schema) {
    return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

json::object schema_of(const schema& s) {
    if (!s.one_of.empty()) {
        json::array all;
        for (const auto name : s.one_of)
            all.emplace_back(reference_to(name));
        return {{"oneOf", std::move(all)}};
    }
    json::object properties;
    json::array required;
    for (const auto part : {s.members, s.more})
        for (const auto& m : part) {
            auto one = kind_of(m);
            if (m.nullable) allow_null(one);
            if (!m.said.empty()) one["description"] = m.said;
            properties[m.name] = std::move(one);
            if (!m.optional) required.emplace_back(m.name);
        }
    auto out = object_with(std::move(properties), std::move(required));
    if (s.open) out.erase("additionalProperties");
    if (!s.says.empty()) out["description"] = s.says;
    return out;
}

json::object schema_of_body(const operation& of) {
    if (of.method == http::method::patch) return change_of(of);
    auto out = object_of(of.body);
    if (of.items.empty()) return out;
    json::array kinds;
    for (const auto& kind : of.items)
        kinds.emplace_back(schema_of(kind));
    out["properties"].as_object().begin()->value().as_object()["items"] = {
        {"oneOf", std::move(kinds)}};
    return out;
}

json::object schema_of(const query_parameter& p) {
    switch (p.kind) {
    case parameter_kind::page:
        return {{"type", "integer"}, {"minimum", 1}, {"maximum", terms::page_limit_max}};
    case parameter_kind::seconds:
        return {{"type", "integer"}, {"minimum", 1}};
    case parameter_kind::time:
        return {{"type", "string"}, {"format", "date-time"}};
    case parameter_kind::words: {
        json::object out{{"type", "string"}};
        restrict_to(out, p.words);
        return out;
    }
    case parameter_kind::hash:
        return {{"type", "string"}, {"minLength", 64}, {"maxLength", 64}};
    case parameter_kind::text:
        return {{"type", "string"}, {"minLength", 1}};
    case parameter_kind::texts:
        return {{"type", "array"}, {"items", {{"type", "string"}, {"minLength", 1}}}};
    case parameter_kind::cost:
        return {{"type", "integer"}, {"minimum", terms::cost.min}, {"maximum", terms::cost.max}};
    }
    return {};
}

} // namespace latchkey::api::description
