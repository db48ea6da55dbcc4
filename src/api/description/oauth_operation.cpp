#include "api/description/oauth_operation.hpp"

#include "api/description/answers.hpp"
#include "api/description/json_schema.hpp"
#include "api/description/requests.hpp"

#include <latchkey/http/form_body.hpp>
#include <latchkey/http/response.hpp>

#include <boost/json/array.hpp>

#include <string>

namespace latchkey::api::description {

namespace json = boost::json;

namespace {

constexpr std::string_view error_name = "OAuthError";

struct status {
    int code;
    std::string_view says;
    std::string_view required{}; ///< a field that it has
    std::string_view may_have{};
};
constexpr status statuses[] = {
    {400, "not the documented request, or it cannot be granted: `error` says which"},
    {401, "the client has not proved itself", "WWW-Authenticate"},
    {403, "the caller may not ask"},
    {408, "the request did not arrive in time"},
    {411, "say how long the body is"},
    {413, "the body is too long"},
    {414, "the target is too long"},
    {415, "the body is no form, or is encoded", {}, "Accept-Encoding"},
    {417, "an expectation that is not supported"},
    {429, "a limit is reached", "Retry-After"},
    {431, "the header is too large"},
    {500, "an unexpected failure"},
    {501, "a transfer coding that is not supported"},
    {503, "it cannot be decided now", "Retry-After", "X-Latchkey-Code"},
    {505, "a version of HTTP that is not supported"}};

json::object header_reference(std::string_view name) {
    return {{"$ref", "#/components/headers/" + std::string(name)}};
}

std::string component_of(int status) {
    return "OAuth" + std::to_string(status);
}

json::object usual_fields() {
    json::object out;
    for (const std::string_view name :
         {"X-Request-Id", "traceparent", "RateLimit-Policy", "RateLimit"})
        out[name] = header_reference(name);
    return out;
}

json::object good(const operation& of) {
    auto fields = usual_fields();
    fields["Cache-Control"] = header_reference("Cache-Control");
    fields["Pragma"] = header_reference("Pragma");
    json::object schema{{"type", "object"}};
    if (!of.answer.empty()) schema = reference_to(of.answer);
    return {{"description", "the answer"},
            {"headers", std::move(fields)},
            {"content", {{std::string_view(http::json_type), {{"schema", std::move(schema)}}}}}};
}

// A server that is full has not read which path is asked for.
json::object bad(const status& s) {
    auto fields = usual_fields();
    if (!s.required.empty()) fields[s.required] = header_reference(s.required);
    if (!s.may_have.empty()) fields[s.may_have] = header_at_times(s.may_have);
    json::object content{
        {std::string_view(http::json_type), {{"schema", reference_to(error_name)}}}};
    if (s.code == 503)
        content[std::string_view(http::problem_type)] = {{"schema", reference_to("Problem")}};
    return {
        {"description", s.says}, {"headers", std::move(fields)}, {"content", std::move(content)}};
}

} // namespace

json::object oauth_responses_of(const operation& of) {
    json::object out{{"200", good(of)}};
    for (const auto& s : statuses)
        out[std::to_string(s.code)] = {{"$ref", "#/components/responses/" + component_of(s.code)}};
    return out;
}

json::object form_of(const operation& of) {
    json::object content{{"schema", schema_of_form(of.form)}};
    if (!of.example.empty()) content["example"] = example_of(of);
    return {{"required", true}, {"content", {{http::form_type, std::move(content)}}}};
}

void add_oauth_responses(json::object& shared) {
    for (const auto& s : statuses)
        shared[component_of(s.code)] = bad(s);
}

json::object oauth_error_schema() {
    constexpr std::string_view codes[] = {
        "invalid_request",    "invalid_client",          "invalid_scope",
        "invalid_target",     "unsupported_grant_type",  "unsupported_token_type",
        "insufficient_scope", "temporarily_unavailable", "server_error"};
    json::array all;
    for (const auto code : codes)
        all.emplace_back(code);
    return {
        {"type", "object"},
        {"required", {"error", "error_description"}},
        {"properties",
         {{"error", {{"type", "string"}, {"enum", std::move(all)}}},
          {"error_description", {{"type", "string"}, {"description", "a sentence for people"}}}}},
        {"additionalProperties", false},
        {"description", "RFC 6749, section 5.2: why OAuth's endpoints refuse"}};
}

} // namespace latchkey::api::description
