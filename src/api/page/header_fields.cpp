#include "api/page/header_fields.hpp"

#include "api/page/common_parts.hpp"
#include "api/page/members.hpp"
#include "api/page/prose.hpp"

#include <boost/json/array.hpp>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

// Whether a field means what the shared one of its name does, perhaps without being required.
bool is_shared(const document& all, std::string_view name, const json::object& field) {
    const auto* shared = object_of(all.components("headers"), name);
    return shared && (!referred(field).empty() ||
                      text_of(*shared, "description") == text_of(field, "description"));
}

} // namespace

void write_link(html_writer& out, const std::string& anchor, std::string_view name) {
    out.element("a", name, {{"href", '#' + anchor}});
    out.text(" ");
}

bool is_in_target(const json::object& parameter) {
    return text_of(parameter, "in") != "header";
}

void write_request_fields(html_writer& out, const document& all, const json::object& operation) {
    const auto* given = operation.if_contains("parameters");
    if (!given) return;
    for (const auto& one : given->as_array()) {
        const auto& p = all.resolved(one.as_object());
        if (is_in_target(p)) continue;
        const auto component = referred(one.as_object());
        if (component.empty())
            out.element("code", text_of(p, "name"));
        else
            write_link(out, parameter_anchor(component), text_of(p, "name"));
        out.text(" ");
    }
}

void write_answer_fields(html_writer& out, const document& all, const json::object& answer,
                         const json::object& besides) {
    const auto* fields = object_of(answer, "headers");
    if (!fields) return;
    for (const auto& [name, field] : *fields) {
        if (besides.contains(name)) continue;
        if (is_shared(all, name, field.as_object())) {
            write_link(out, header_anchor(name), name);
        } else {
            out.element("code", name);
            out.text(" ");
        }
    }
}

void write_own_fields(html_writer& out, const document& all, const json::object& fields) {
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& [name, given] : fields) {
        const auto& field = given.as_object();
        if (is_shared(all, name, field)) continue;
        const auto row = out.begin("div");
        {
            const auto term = begin_term(out, name);
            if (!field.contains("required")) out.element("span", "not always", {{"class", "flag"}});
        }
        const auto meaning = out.begin("dd");
        write_sentence(out, text_of(field, "description"));
    }
}

} // namespace latchkey::api::page
