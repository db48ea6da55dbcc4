#include <latchkey/http/exchange.hpp>

namespace latchkey::http {

const http::caller& exchange::caller() {
    if (!caller_)
        caller_ = origin ? judge_caller(*origin, {request.forwarded, request.has_forwarded})
                         : http::caller();
    return *caller_;
}

void exchange::answer(int status, std::string_view content_type, std::string_view body,
                      std::string_view extra_fields) {
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
    std::string body;
    if (form == refusal_form::oauth) {
        append_oauth_error(body, oauth_error(status), detail);
        std::string fields = "Cache-Control: no-store\r\n";
        return answer(status, json_type, body, fields += extra_fields);
    }
    append_problem(body, status, detail, request_id);
    answer(status, problem_type, body, extra_fields);
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
    if (why.status != 503) return refuse(why.status, why.detail, why.fields);
    refuse(why.status, why.detail, why.fields + "Retry-After: 1\r\n");
}

} // namespace latchkey::http
