#include "api/page/answers.hpp"

#include "api/page/header_fields.hpp"
#include "api/page/members.hpp"
#include "api/page/prose.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

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

// The fields of one of several answers. A good one tells all that it has, the others what they
// have besides.
void write_bare_answer(html_writer& out, const document& all, std::string_view status,
                       const json::object& answer, const json::object& good) {
    const auto row = out.begin("div");
    { const auto term = begin_term(out, status); }
    const auto meaning = out.begin("dd");
    write_sentence(out, text_of(answer, "description"));
    const bool is_good = &answer == &good;
    if (is_good) write_own_fields(out, all, answer.at("headers").as_object());
    const auto fields = out.begin("div", {{"class", "fields"}});
    const auto* told = is_good ? nullptr : object_of(good, "headers");
    write_answer_fields(out, all, answer, told ? *told : json::object());
}

// Refusals that have one form: their statuses, and the form once if it is an object.
void write_refusals(html_writer& out, const document& all, const json::object& responses,
                    bool (&is_one)(const json::object& answer)) {
    std::vector<std::pair<std::string_view, const json::object*>> found;
    for (const auto& [status, given] : responses)
        if (const auto& answer = all.resolved(given.as_object()); is_one(answer))
            found.emplace_back(status, &answer);
    if (found.empty()) return;
    out.element("h4", "Refusals");
    {
        const auto list = out.begin("dl", {{"class", "members statuses"}});
        for (const auto& [status, answer] : found) {
            const auto row = out.begin("div");
            { const auto term = begin_term(out, status); }
            const auto meaning = out.begin("dd");
            write_sentence(out, text_of(*answer, "description"));
        }
    }
    const auto& content = found.front().second->at("content").as_object();
    write_schema(out, all, content.begin()->value().at("schema").as_object(), false);
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

} // namespace

void write_answers(html_writer& out, const document& all, const placed_operation& asked) {
    const auto& responses = asked.is->at("responses").as_object();
    for (const auto& [status, given] : responses) {
        const auto& answer = all.resolved(given.as_object());
        if (answer.contains("content") && !is_problem(answer) && !is_oauth_error(answer) &&
            !is_fixed_refusal(answer))
            write_answer(out, all, status, answer, asked.of_admin);
    }
    write_refusals(out, all, responses, is_fixed_refusal);
    write_refusals(out, all, responses, is_oauth_error);
    write_bare_answers(out, all, responses);
}

} // namespace latchkey::api::page
