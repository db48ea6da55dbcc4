#include "api/page/operation_section.hpp"

#include "api/description/readable_json.hpp"
#include "api/page/answers.hpp"
#include "api/page/contents.hpp"
#include "api/page/facts.hpp"
#include "api/page/header_fields.hpp"
#include "api/page/members.hpp"
#include "api/page/prose.hpp"
#include "api/page/samples.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

constexpr std::size_t sample_line_length = 56;

// --- What it takes ---

// The methods that mean the same, each with the anchor of its operation.
void write_alike(html_writer& out, const placed_operation& asked) {
    if (asked.alike.empty()) return;
    const auto paragraph = out.begin("p");
    out.text("Methods: ");
    write_method(out, asked.method);
    for (const auto& other : asked.alike) {
        out.text(" ");
        const auto anchor = out.begin("span", {{"id", other.id()}});
        write_method(out, other.method);
    }
}

void write_target(html_writer& out, const document& all, const json::object& operation) {
    const auto* found = operation.if_contains("parameters");
    const auto matters = [&](const json::value& one) {
        return is_in_target(all.resolved(one.as_object()));
    };
    if (!found || std::ranges::none_of(found->as_array(), matters)) return;
    out.element("h4", "Path and query");
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& one : found->as_array()) {
        const auto& p = all.resolved(one.as_object());
        if (!is_in_target(p)) continue;
        const auto& schema = p.at("schema").as_object();
        const auto row = out.begin("div");
        {
            const auto term = begin_term(out, text_of(p, "name"), &schema);
            if (p.contains("required"))
                out.element("span", "required", {{"class", "flag required"}});
        }
        const auto meaning = out.begin("dd");
        write_meaning(out, p, schema);
    }
}

void write_body(html_writer& out, const placed_operation& asked) {
    const auto* body = object_of(*asked.is, "requestBody");
    if (!body) return;
    const auto content = body_of(*asked.is).value();
    const auto& schema = content.is->at("schema").as_object();
    const bool has_members = !schema.at("properties").as_object().empty();
    {
        const auto heading = out.begin("h4");
        out.text("Body");
        const bool required = body->contains("required");
        out.element("span",
                    !has_members ? std::string_view("empty, or {}")
                    : required   ? content.type
                                 : "application/json, may be missing",
                    {{"class", "note"}});
    }
    if (!has_members) return;
    write_members(out, schema,
                  asked.method == "patch" ? object_of_kind::change : object_of_kind::request);
}

// --- Examples ---

void write_example(html_writer& out, std::string_view title, std::string_view text) {
    const auto figure = out.begin("figure");
    out.element("figcaption", title);
    const auto block =
        out.begin("pre", {{"tabindex", "0"}, {"role", "region"}, {"aria-label", title}});
    out.element("code", text);
}

void write_examples(html_writer& out, const document& all, const placed_operation& asked) {
    const auto column = out.begin("div", {{"class", "examples"}});
    const auto id = std::string(asked.id());
    write_example(out, id + " by curl", curl_command(asked));
    for (const auto& [status, answer] : asked.is->at("responses").as_object()) {
        const auto* content = object_of(answer.as_object(), "content");
        const auto* json_form = content ? object_of(*content, "application/json") : nullptr;
        if (!json_form) continue;
        const auto sample = sample_of(all, json_form->at("schema").as_object());
        auto text = description::readable_json(sample, sample_line_length);
        text.pop_back();
        write_example(out, id + " answers " + std::string(status), text);
    }
}

} // namespace

void write_operation(html_writer& out, const document& all, const placed_operation& asked) {
    const auto& operation = *asked.is;
    const auto anchor = std::string(asked.id());
    const auto body = body_of(operation);
    const bool may_be_tried = !asked.of_admin && asked.method == "post" && !body->is_form();
    const auto section =
        may_be_tried ? out.begin("section",
                                 {{"class", "operation"}, {"id", anchor}, {"data-try", asked.path}})
                     : out.begin("section", {{"class", "operation"}, {"id", anchor}});
    {
        const auto told = out.begin("div", {{"class", "told"}});
        {
            const auto heading = out.begin("h3");
            const auto link = out.begin("a", {{"href", '#' + anchor}});
            write_method(out, asked.shown_method());
            out.text(" ");
            const auto path = out.begin("span", {{"class", "path"}});
            write_path(out, asked.path);
        }
        out.element("p", text_of(operation, "summary"), {{"class", "summary"}});
        write_paragraphs(out, text_of(operation, "description"));
        write_alike(out, asked);
        write_target(out, all, operation);
        write_body(out, asked);
        write_answers(out, all, asked);
        write_facts(out, all, operation);
    }
    write_examples(out, all, asked);
}

} // namespace latchkey::api::page
