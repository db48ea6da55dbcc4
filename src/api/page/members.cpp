#include "api/page/members.hpp"

#include "api/page/prose.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

// "object" for the schema of an object whose members are told, or that may have any.
bool has_members(const json::object& schema) {
    return schema.contains("properties");
}

void write_bounds(html_writer& out, const json::object& schema) {
    const auto* min = schema.if_contains("minimum");
    const auto* max = schema.if_contains("maximum");
    if (min && max)
        out.text(", " + json::serialize(*min) + " to " + json::serialize(*max));
    else if (min)
        out.text(", at least " + json::serialize(*min));
    else if (max)
        out.text(", at most " + json::serialize(*max));
}

void write_lengths(html_writer& out, const json::object& schema) {
    const auto* min = schema.if_contains("minLength");
    const auto* max = schema.if_contains("maxLength");
    if (min && max && *min == *max)
        out.text(", " + json::serialize(*min) + " characters");
    else if (max)
        out.text(", at most " + json::serialize(*max) + " characters");
    else if (min)
        out.text(", not empty");
}

void write_list_type(html_writer& out, const json::object& schema) {
    out.text("array of ");
    const auto& items = schema.at("items").as_object();
    if (type_of(items) == "string")
        out.text("strings");
    else if (items.contains("oneOf") || type_of(items) == "object")
        out.text("objects");
    else
        write_type(out, items);
    if (const auto* max = schema.if_contains("maxItems"))
        out.text(", at most " + json::serialize(*max));
}

void write_object_type(html_writer& out, const json::object& schema) {
    out.text("object");
    const auto* values = object_of(schema, "additionalProperties");
    if (!values || has_members(schema)) return;
    out.text(" of ");
    if (type_of(*values) == "integer")
        out.text("integers");
    else
        write_type(out, *values);
}

void write_flag(html_writer& out, const json::object& object, std::string_view name,
                const json::object& schema, object_of_kind kind) {
    const bool required = is_required(object, name);
    const bool nullable = may_be_null(schema);
    if (kind == object_of_kind::request && required)
        out.element("span", "required", {{"class", "flag required"}});
    if (kind == object_of_kind::change && nullable)
        out.element("span", "null clears it", {{"class", "flag"}});
    if (kind != object_of_kind::answer) return;
    if (nullable) out.element("span", "or null", {{"class", "flag"}});
    if (!required) out.element("span", "not always", {{"class", "flag"}});
}

// Within a member: the members of an object, or those of the items of a list.
void write_inner(html_writer& out, const json::object& schema, object_of_kind kind) {
    const auto inner = kind == object_of_kind::change ? object_of_kind::request : kind;
    if (has_members(schema)) return write_members(out, schema, inner);
    const auto* items = object_of(schema, "items");
    if (!items) return;
    if (has_members(*items)) return write_members(out, *items, inner);
    const auto* kinds = items->if_contains("oneOf");
    if (!kinds) return;
    for (const auto& one : kinds->as_array())
        if (has_members(one.as_object())) write_members(out, one.as_object(), inner);
}

void write_member(html_writer& out, const json::object& object, std::string_view name,
                  const json::object& given, object_of_kind kind) {
    const auto& schema = without_null(given);
    const auto row = out.begin("div");
    {
        const auto term = begin_term(out, name, &schema);
        write_flag(out, object, name, given, kind);
    }
    const auto meaning = out.begin("dd");
    write_meaning(out, given, schema);
    write_inner(out, schema, kind);
}

} // namespace

std::string schema_anchor(std::string_view name) {
    return "schema-" + std::string(name);
}

void write_type(html_writer& out, const json::object& schema) {
    if (const auto name = referred(schema); !name.empty())
        return out.element("a", name, {{"href", '#' + schema_anchor(name)}});
    const auto type = type_of(schema);
    if (const auto* only = schema.if_contains("const"))
        return out.element("code", json::serialize(*only));
    if (type == "array") return write_list_type(out, schema);
    if (type == "object") return write_object_type(out, schema);
    if (type == "string" && text_of(schema, "format") == "date-time")
        return out.text("time, RFC 3339");
    if (text_of(schema, "format") == "password") return out.text("secret string");
    out.text(type);
    if (type == "string")
        write_lengths(out, schema);
    else
        write_bounds(out, schema);
}

void write_members(html_writer& out, const json::object& schema, object_of_kind kind) {
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& [name, member] : schema.at("properties").as_object())
        if (type_of(member.as_object()) != "null") // what only others have
            write_member(out, schema, name, member.as_object(), kind);
}

html_writer::scope begin_term(html_writer& out, std::string_view name, const json::object* schema) {
    auto term = out.begin("dt");
    out.element("code", name, {{"class", "name"}});
    if (schema) {
        out.text(" ");
        const auto type = out.begin("span", {{"class", "type"}});
        write_type(out, *schema);
    }
    return term;
}

void write_meaning(html_writer& out, const json::object& described, const json::object& schema) {
    write_sentence(out, text_of(described, "description"));
    const auto* words = schema.if_contains("enum");
    if (!words) return;
    const auto list = out.begin("span", {{"class", "words"}});
    for (const auto& word : words->as_array())
        if (word.is_string()) {
            out.text(" ");
            out.element("code", word.get_string());
        }
}

} // namespace latchkey::api::page
