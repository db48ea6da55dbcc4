#include "api/page/facts.hpp"

#include "api/page/common_parts.hpp"
#include "api/page/header_fields.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

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
        out.text(allows_anybody(operation) ? ", where a caller is asked for" : ", always");
    }
    if (!takes_token) return;
    out.text("; the token may be in ");
    write_link(out, scheme_anchor("token"), "Authorization");
}

} // namespace

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

} // namespace latchkey::api::page
