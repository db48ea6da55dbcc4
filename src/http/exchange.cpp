#include <latchkey/http/exchange.hpp>

namespace latchkey::http {

namespace {

// Some clients obey Retry-After by themselves, and let their own client wait meanwhile: Erlang's
// httpc comes again until its request times out.
void append_without_retry_after(std::string& out, std::string_view lines) {
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n') + 1);
        lines.remove_prefix(line.size());
        if (!line.starts_with("Retry-After:")) out += line;
    }
}

} // namespace

const http::caller& exchange::caller() {
    if (!caller_)
        caller_ = origin ? judge_caller(*origin, {request.forwarded, request.has_forwarded})
                         : http::caller();
    return *caller_;
}

void exchange::answer(int status, std::string_view content_type, std::string_view body,
                      std::string_view extra_fields) {
    if (drops_answers_) return;
    status_ = status;
    close_ = close_ || (terms_.draining && !followed);
    char traceparent[core::trace_context::text_length];
    if (trace.here.is_set()) trace.here.write(traceparent);
    append_response(out_, {.status = status,
                           .content_type = content_type,
                           .body = body,
                           .request_id = request_id,
                           .traceparent = trace.here.is_set()
                                              ? std::string_view(traceparent, sizeof traceparent)
                                              : std::string_view(),
                           .extra_fields = extra_fields,
                           .limit_fields = limits.lines(),
                           .date = terms_.date,
                           .without_body = request.method == method::head,
                           .close = close_,
                           .http_1_0 = request.http_1_0});
}

void exchange::refuse(int status, std::string_view detail, std::string_view extra_fields) {
    if (bare()) return refuse_without_body(status, problem_code(status), extra_fields);
    if (fixed()) return refuse_fixed(status, detail, extra_fields);
    std::string body;
    if (form.is == refusal_form::oauth) {
        append_oauth_error(body, oauth_error(status), detail);
        std::string fields = "Cache-Control: no-store\r\n";
        return answer(status, json_type, body, fields += extra_fields);
    }
    append_problem(body, status, detail, request_id);
    answer(status, problem_type, body, extra_fields);
}

// The answer does not say why: the log does. With another status than its own, what the fields say
// would be about nothing.
void exchange::refuse_fixed(int status, std::string_view detail, std::string_view extra_fields) {
    if (drops_answers_) return;
    if (reason.empty() && note.reason.empty()) reason = detail;
    note.refused = true;
    if (note.verdict.empty()) note.verdict = problem_code(status);
    const auto& said = *form.words;
    meant_status_ = status;
    std::string fields = "X-Latchkey-Code: ";
    fields += problem_code(status);
    fields += "\r\nCache-Control: no-store\r\n";
    if (said.status == 0) append_without_retry_after(fields, extra_fields);
    answer(said.status == 0 ? status : said.status, said.content_type, said.body, fields);
}

void exchange::refuse_without_body(int status, std::string_view code,
                                   std::string_view extra_fields) {
    std::string fields = "X-Latchkey-Code: ";
    fields += code;
    fields += "\r\nCache-Control: no-store\r\n";
    fields += extra_fields;
    answer(status, {}, {}, fields);
}

void exchange::refuse(const refusal& why) {
    if (why.comes_again()) return;
    if (why.status != 503) return refuse(why.status, why.detail, why.fields);
    refuse(why.status, why.detail, why.fields + "Retry-After: 1\r\n");
}

} // namespace latchkey::http
