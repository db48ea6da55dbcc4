#include "api/page/common_parts.hpp"

#include "api/page/members.hpp"
#include "api/page/prose.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <map>
#include <vector>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

html_writer::scope begin_part(html_writer& out, const common_part& part) {
    const auto& [anchor, title] = part;
    auto section = out.begin("section", {{"class", "chapter"}, {"id", anchor}});
    const auto heading = out.begin("h2");
    out.element("a", title, {{"href", '#' + std::string(anchor)}});
    return section;
}

// --- Who asks ---

std::string_view name_of_scheme(const json::object& scheme) {
    const auto type = text_of(scheme, "type");
    if (type == "apiKey") return text_of(scheme, "name");
    if (type != "http") return "a client certificate";
    return text_of(scheme, "scheme") == "basic" ? "Authorization: Basic" : "Authorization: Bearer";
}

void write_schemes(html_writer& out, const document& all) {
    const auto section = begin_part(out, common_parts[0]);
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& [name, scheme] : all.components("securitySchemes")) {
        const auto row = out.begin("div", {{"id", scheme_anchor(name)}});
        { const auto term = begin_term(out, name_of_scheme(scheme.as_object())); }
        const auto meaning = out.begin("dd");
        write_sentence(out, text_of(scheme.as_object(), "description"));
    }
}

// --- Header fields ---

void write_field(html_writer& out, const std::string& anchor, std::string_view name,
                 const json::object& field) {
    const auto row = out.begin("div", {{"id", anchor}});
    const auto& schema = field.at("schema").as_object();
    { const auto term = begin_term(out, name, &schema); }
    const auto meaning = out.begin("dd");
    write_meaning(out, field, schema);
}

void write_request_fields(html_writer& out, const document& all) {
    const auto section = begin_part(out, common_parts[1]);
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& [component, parameter] : all.components("parameters")) {
        const auto& one = parameter.as_object();
        if (text_of(one, "in") == "header")
            write_field(out, parameter_anchor(component), text_of(one, "name"), one);
    }
}

void write_answer_fields(html_writer& out, const document& all) {
    const auto section = begin_part(out, common_parts[2]);
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& [name, header] : all.components("headers"))
        write_field(out, header_anchor(name), name, header.as_object());
}

// --- Problems ---

// "BadRequest" becomes "Bad Request"; "URITooLong" becomes "URI Too Long".
std::string words_of(std::string_view component) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    std::string out;
    for (std::size_t i = 0; i < component.size(); ++i) {
        const bool is_next = i + 1 < component.size() && !is_upper(component[i + 1]);
        if (i > 0 && is_upper(component[i]) && (is_next || !is_upper(component[i - 1]))) out += ' ';
        out += component[i];
    }
    return out;
}

// Which status each shared answer has, as the operations say it.
std::map<std::string_view, std::string_view> statuses_of(const document& all) {
    std::map<std::string_view, std::string_view> out; // status, name of the shared answer
    for (const auto& [path, item] : all.whole().at("paths").as_object())
        for (const auto& [method, one] : item.as_object()) {
            const auto* operation = one.if_object();
            const auto* responses = operation ? object_of(*operation, "responses") : nullptr;
            if (!responses) continue;
            for (const auto& [status, response] : *responses)
                if (is_problem(all.resolved(response.as_object())))
                    out.emplace(status, referred(response.as_object()));
        }
    return out;
}

void write_problems(html_writer& out, const document& all) {
    const auto section = begin_part(out, common_parts[3]);
    const auto& responses = all.components("responses");
    {
        const auto paragraph = out.begin("p");
        out.text("Every other status than those of the operations means that the question was not "
                 "decided. The body is ");
        out.element("code", "application/problem+json");
        out.text(":");
    }
    write_members(out, all.components("schemas").at("Problem").as_object(), object_of_kind::answer);
    const auto list = out.begin("dl", {{"class", "members statuses"}});
    for (const auto& [status, name] : statuses_of(all)) {
        const auto row = out.begin("div", {{"id", problem_anchor(status)}});
        {
            const auto term = begin_term(out, status);
            out.text(" ");
            out.element("span", words_of(name), {{"class", "type"}});
        }
        const auto meaning = out.begin("dd");
        write_sentence(out, text_of(responses.at(name).as_object(), "description"));
    }
}

// --- Schemas ---

void add_referred(const json::value& within, std::vector<std::string_view>& names);

void add_referred_of(const json::object& schema, std::vector<std::string_view>& names) {
    const auto name = referred(schema);
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    for (const auto& [key, member] : schema)
        add_referred(member, names);
}

void add_referred(const json::value& within, std::vector<std::string_view>& names) {
    if (const auto* object = within.if_object()) add_referred_of(*object, names);
    if (const auto* array = within.if_array())
        for (const auto& one : *array)
            add_referred(one, names);
}

void write_schema(html_writer& out, std::string_view name, const json::object& schema) {
    const auto anchor = schema_anchor(name);
    const auto section = out.begin("section", {{"class", "schema"}, {"id", anchor}});
    {
        const auto heading = out.begin("h3");
        out.element("a", name, {{"href", '#' + anchor}});
    }
    write_paragraphs(out, text_of(schema, "description"));
    if (schema.contains("properties")) return write_members(out, schema, object_of_kind::answer);
    const auto* several = schema.if_contains("oneOf");
    if (!several) return;
    const auto paragraph = out.begin("p");
    out.text("One of these:");
    for (const auto& one : several->as_array()) {
        out.text(" ");
        write_type(out, one.as_object());
    }
}

void write_schemas(html_writer& out, const document& all) {
    const auto section = begin_part(out, common_parts[4]);
    out.element("p", "What the answers above refer to.");
    std::vector<std::string_view> names;
    const auto& schemas = all.components("schemas");
    add_referred_of(schemas, names);
    add_referred_of(all.whole().at("paths").as_object(), names);
    for (const auto& [name, schema] : schemas)
        if (std::ranges::find(names, std::string_view(name)) != names.end())
            write_schema(out, name, schema.as_object());
}

} // namespace

std::string scheme_anchor(std::string_view name) {
    return "asks-" + std::string(name);
}

std::string parameter_anchor(std::string_view component) {
    return "field-" + std::string(component);
}

std::string header_anchor(std::string_view name) {
    return "header-" + std::string(name);
}

std::string problem_anchor(std::string_view status) {
    return "problem-" + std::string(status);
}

void write_common_parts(html_writer& out, const document& all) {
    write_schemes(out, all);
    write_request_fields(out, all);
    write_answer_fields(out, all);
    write_problems(out, all);
    write_schemas(out, all);
}

} // namespace latchkey::api::page
