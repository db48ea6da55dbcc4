#include "api/description/gateway_operation.hpp"

#include "api/description/answers.hpp"
#include "api/description/json_schema.hpp"
#include "api/description/requests.hpp"

#include <boost/json/array.hpp>

#include <string>

namespace latchkey::api::description {

namespace json = boost::json;

namespace {

struct way {
    std::string_view method;
    std::string_view id; ///< the end of the operation's id
};
constexpr way ways[] = {
    {"get", ""},        {"head", "Head"},     {"post", "Post"},       {"put", "Put"},
    {"patch", "Patch"}, {"delete", "Delete"}, {"options", "Options"}, {"trace", "Trace"}};

struct field {
    std::string_view name;
    bool required;
    std::string_view says;
};
constexpr field of_holder[] = {
    {"X-Latchkey-Kind", true, "api_key, token or device"},
    {"X-Latchkey-Subject", true, "the key's or device's id, or the token's sub"},
    {"X-Latchkey-Organization", true, "whose credential it is"},
    {"X-Latchkey-Issuer", true, "whose token it is, and whose subject"},
    {"X-Latchkey-Scopes", true, "what it may, between spaces"},
    {"X-Latchkey-Token", false, "with token=1: a token of ours that says the same"},
    {"Age", false, "how many seconds ago the database was asked"}};

struct status {
    int code;
    std::string_view says;
    std::string_view required{}; ///< a field that it has
    std::string_view may_have{};
};
constexpr status statuses[] = {
    {400, "not valid HTTP"},
    {401, "no credential, or one that is not good", "WWW-Authenticate"},
    {403,
     "the credential is good, but not for this; or there is no such policy; or the caller may "
     "not ask",
     {},
     "WWW-Authenticate"},
    {408, "the request did not arrive in time"},
    {413, "the body is too long"},
    {414, "the target is too long"},
    {417, "an expectation that is not supported"},
    {429, "a limit is reached", "Retry-After"},
    {431, "the header is too large"},
    {500, "an unexpected failure"},
    {501, "a transfer coding that is not supported"},
    {503, "it cannot be decided now", "Retry-After"},
    {505, "a version of HTTP that is not supported"}};

json::object text_header(std::string_view says, bool required) {
    json::object out{{"description", says}};
    if (required) out["required"] = true;
    out["schema"] = {{"type", "string"}};
    return out;
}

json::object header_reference(std::string_view name) {
    return {{"$ref", "#/components/headers/" + std::string(name)}};
}

// What all of its answers have.
json::object usual_fields() {
    json::object out;
    out["X-Request-Id"] = header_reference("X-Request-Id");
    out["traceparent"] = header_reference("traceparent");
    out["X-Latchkey-Code"] = text_header("VALID, or why not", true);
    out["Cache-Control"] = text_header("no-store", true);
    out["X-Auth-Cache"] = header_at_times("X-Auth-Cache");
    for (const std::string_view name : {"RateLimit-Policy", "RateLimit"})
        out[name] = header_reference(name);
    return out;
}

json::object good() {
    auto fields = usual_fields();
    for (const auto& f : of_holder)
        fields[f.name] = text_header(f.says, f.required);
    return {{"description",
             "good; a field says - where there is nothing to say, and what cannot stand in a field "
             "is percent-encoded"},
            {"headers", std::move(fields)}};
}

json::object bad(const status& s) {
    auto fields = usual_fields();
    if (!s.required.empty()) fields[s.required] = header_reference(s.required);
    if (!s.may_have.empty()) fields[s.may_have] = header_at_times(s.may_have);
    return {{"description", s.says}, {"headers", std::move(fields)}};
}

std::string component_of(int status) {
    return "ForwardAuth" + std::to_string(status);
}

json::object responses() {
    json::object out;
    const auto add = [&out](int code) {
        out[std::to_string(code)] = {{"$ref", "#/components/responses/" + component_of(code)}};
    };
    add(200);
    for (const auto& s : statuses)
        add(s.code);
    return out;
}

json::array parameters(const operation& of, bool named) {
    json::array out;
    if (named)
        out.emplace_back(json::object{{"name", "policy"},
                                      {"in", "path"},
                                      {"required", true},
                                      {"description", "the name of a [[forward_auth]]"},
                                      {"schema", {{"type", "string"}}}});
    else
        for (const auto& p : of.query)
            out.emplace_back(json::object{{"name", p.name},
                                          {"in", "query"},
                                          {"description", p.says},
                                          {"schema", schema_of(p)}});
    for (const std::string_view name : {"requestId", "apiKey"})
        out.emplace_back(json::object{{"$ref", "#/components/parameters/" + std::string(name)}});
    return out;
}

json::object item(const operation& of, const http::route_terms& route, bool named) {
    json::object out;
    for (const auto& [method, end] : ways)
        out[method] = json::object{
            {"operationId", std::string(of.id) + (named ? "Named" : "") + std::string(end)},
            {"tags", {of.tag}},
            {"summary", route.summary},
            {"description",
             named
                 ? "Whatever stands behind the name in the path, and the query, are the client's, "
                   "and are not looked at."
                 : of.says},
            {"security", security_of(of, listener::of_public)},
            {"parameters", parameters(of, named)},
            {"responses", responses()}};
    return out;
}

} // namespace

void add_gateway_responses(json::object& shared) {
    shared[component_of(200)] = good();
    for (const auto& s : statuses)
        shared[component_of(s.code)] = bad(s);
}

void add_gateway_paths(json::object& paths, const operation& of, const http::route_terms& route) {
    paths[route.path] = item(of, route, false);
    paths[std::string(route.path) + "/@{policy}"] = item(of, route, true);
}

} // namespace latchkey::api::description
