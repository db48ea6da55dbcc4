#include "api/page/operation_section.hpp"

#include "api/description/readable_json.hpp"
#include "api/page/common_parts.hpp"
#include "api/page/contents.hpp"
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

const json::array* parameters_of(const json::object& operation) {
    const auto* found = operation.if_contains("parameters");
    return found ? &found->as_array() : nullptr;
}

bool is_in_target(const json::object& parameter) {
    return text_of(parameter, "in") != "header";
}

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
    const auto* given = parameters_of(operation);
    const auto matters = [&](const json::value& one) {
        return is_in_target(all.resolved(one.as_object()));
    };
    if (!given || std::ranges::none_of(*given, matters)) return;
    out.element("h4", "Path and query");
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& one : *given) {
        const auto& p = all.resolved(one.as_object());
        if (!is_in_target(p)) continue;
        const auto& schema = p.at("schema").as_object();
        const auto row = out.begin("div");
        {
            const auto term = out.begin("dt");
            out.element("code", text_of(p, "name"), {{"class", "name"}});
            out.text(" ");
            {
                const auto type = out.begin("span", {{"class", "type"}});
                write_type(out, schema);
            }
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
    const auto& schema = body->at("content").at("application/json").at("schema").as_object();
    const bool has_members = !schema.at("properties").as_object().empty();
    {
        const auto heading = out.begin("h4");
        out.text("Body");
        const bool required = body->contains("required");
        out.element("span",
                    !has_members ? "empty, or {}"
                    : required   ? "application/json"
                                 : "application/json, may be missing",
                    {{"class", "note"}});
    }
    if (!has_members) return;
    write_members(out, schema,
                  asked.method == "patch" ? object_of_kind::change : object_of_kind::request);
}

// --- What it answers ---

void write_object(html_writer& out, std::string_view name, const json::object& schema,
                  bool folded) {
    const auto block = out.begin(folded ? "details" : "div", {{"class", "variant"}});
    out.element(folded ? "summary" : "p", name);
    write_paragraphs(out, text_of(schema, "description"));
    write_members(out, schema, object_of_kind::answer);
}

// A schema of one or several objects. What a repeated request may get besides is told by a link.
void write_schema(html_writer& out, const document& all, const json::object& given, bool folded) {
    const auto name = referred(given);
    const auto& schema = all.resolved(given);
    const auto* several = schema.if_contains("oneOf");
    if (schema.contains("properties")) return write_object(out, name, schema, folded);
    if (!several) return;
    bool first = true;
    for (const auto& one : several->as_array()) {
        if (first || !name.empty()) {
            write_schema(out, all, one.as_object(), folded);
        } else {
            const auto paragraph = out.begin("p", {{"class", "note"}});
            out.text("or ");
            write_type(out, one.as_object());
            out.text(": " + std::string(text_of(all.resolved(one.as_object()), "description")));
        }
        first = false;
    }
}

void write_answer(html_writer& out, const document& all, std::string_view status,
                  const json::object& answer, bool folded) {
    const auto& content = answer.at("content").as_object();
    {
        const auto heading = out.begin("h4");
        out.text("Answer " + std::string(status));
        std::string types;
        for (const auto& [type, one] : content)
            types += (types.empty() ? "" : " or ") + std::string(type);
        out.element("span", types, {{"class", "note"}});
    }
    for (const auto& [type, one] : content)
        write_schema(out, all, one.at("schema").as_object(), folded);
}

// Whether a field means what the shared one of its name does, perhaps without being required.
bool is_shared(const document& all, std::string_view name, const json::object& field) {
    const auto* shared = object_of(all.components("headers"), name);
    return shared && (!referred(field).empty() ||
                      text_of(*shared, "description") == text_of(field, "description"));
}

// Fields that are described here alone; the others are links.
void write_own_fields(html_writer& out, const document& all, const json::object& fields) {
    const auto list = out.begin("dl", {{"class", "members"}});
    for (const auto& [name, given] : fields) {
        const auto& field = given.as_object();
        if (is_shared(all, name, field)) continue;
        const auto row = out.begin("div");
        {
            const auto term = out.begin("dt");
            out.element("code", name, {{"class", "name"}});
            if (!field.contains("required")) out.element("span", "not always", {{"class", "flag"}});
        }
        const auto meaning = out.begin("dd");
        write_sentence(out, text_of(field, "description"));
    }
}

void write_link(html_writer& out, const std::string& anchor, std::string_view name) {
    out.element("a", name, {{"href", '#' + anchor}});
    out.text(" ");
}

// `besides`: fields that need not be told again.
void write_answer_fields(html_writer& out, const document& all, const json::object& answer,
                         const json::object& besides = {}) {
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

// The fields of one of several answers. A good one tells all that it has, the others what they
// have besides.
void write_bare_answer(html_writer& out, const document& all, std::string_view status,
                       const json::object& answer, const json::object& good) {
    const auto row = out.begin("div");
    {
        const auto term = out.begin("dt");
        out.element("code", status, {{"class", "name"}});
    }
    const auto meaning = out.begin("dd");
    write_sentence(out, text_of(answer, "description"));
    const bool is_good = &answer == &good;
    if (is_good) write_own_fields(out, all, answer.at("headers").as_object());
    const auto fields = out.begin("div", {{"class", "fields"}});
    const auto* told = is_good ? nullptr : object_of(good, "headers");
    write_answer_fields(out, all, answer, told ? *told : json::object());
}

// Answers that are a status and header fields.
void write_bare_answers(html_writer& out, const document& all, const json::object& responses) {
    const auto is_bare = [&](const auto& one) {
        return !all.resolved(one.value().as_object()).contains("content");
    };
    if (std::ranges::none_of(responses, is_bare)) return;
    const auto& good = all.resolved(responses.begin()->value().as_object());
    out.element("h4", "Answers without a body");
    const auto list = out.begin("dl", {{"class", "members statuses"}});
    for (const auto& one : responses)
        if (is_bare(one))
            write_bare_answer(out, all, one.key(), all.resolved(one.value().as_object()), good);
}

// --- Who asks, header fields and problems: links to what is common to all ---

template <class Write>
void write_fact(html_writer& out, std::string_view title, Write&& write) {
    const auto row = out.begin("div");
    out.element("dt", title);
    const auto meaning = out.begin("dd");
    write();
}

// Each way to say who asks is one object of `security`; a scope is the same in all of them.
void write_who_asks(html_writer& out, const json::object& operation) {
    std::string_view scope;
    bool takes_token = false;
    for (const auto& way : operation.at("security").as_array())
        for (const auto& [scheme, scopes] : way.as_object()) {
            if (scheme == "token") takes_token = true;
            if (!scopes.as_array().empty()) scope = scopes.as_array().front().as_string();
        }
    if (scope.empty()) {
        out.text("anybody");
    } else {
        write_link(out, scheme_anchor("callerKey"), "X-Latchkey-Key");
        out.text("or ");
        write_link(out, scheme_anchor("callerCertificate"), "a client certificate");
        out.text("with ");
        out.element("code", scope);
        out.text(", where a caller is asked for");
    }
    if (!takes_token) return;
    out.text("; the token may be in ");
    write_link(out, scheme_anchor("token"), "Authorization");
}

void write_request_fields(html_writer& out, const document& all, const json::object& operation) {
    const auto* given = parameters_of(operation);
    if (!given) return;
    for (const auto& one : *given) {
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

void write_facts(html_writer& out, const document& all, const json::object& operation) {
    const auto& responses = operation.at("responses").as_object();
    const auto list = out.begin("dl", {{"class", "facts"}});
    write_fact(out, "Who asks", [&] { write_who_asks(out, operation); });
    write_fact(out, "Request fields", [&] { write_request_fields(out, all, operation); });
    const auto& best = responses.begin()->value().as_object();
    if (best.contains("content"))
        write_fact(out, "Answer fields", [&] { write_answer_fields(out, all, best); });
    const auto has_problem = [&](const auto& one) {
        return is_problem(all.resolved(one.value().as_object()));
    };
    if (std::ranges::none_of(responses, has_problem)) return;
    write_fact(out, "Problems", [&] {
        for (const auto& one : responses)
            if (has_problem(one)) write_link(out, problem_anchor(one.key()), one.key());
    });
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
    const bool may_be_tried = !asked.of_admin && asked.method == "post";
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
        const auto& responses = operation.at("responses").as_object();
        for (const auto& [status, given] : responses) {
            const auto& answer = all.resolved(given.as_object());
            if (answer.contains("content") && !is_problem(answer))
                write_answer(out, all, status, answer, asked.of_admin);
        }
        write_bare_answers(out, all, responses);
        write_facts(out, all, operation);
    }
    write_examples(out, all, asked);
}

} // namespace latchkey::api::page
