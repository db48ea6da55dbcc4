#include <latchkey/api/description.hpp>

#include "api/description/admin_answers.hpp"
#include "api/description/admin_operations.hpp"
#include "api/description/answers.hpp"
#include "api/description/document.hpp"
#include "api/description/gateway_operation.hpp"
#include "api/description/json_schema.hpp"
#include "api/description/oauth_operation.hpp"
#include "api/description/public_operations.hpp"
#include "api/description/readable_json.hpp"
#include "api/description/requests.hpp"
#include "api/public/tagged_text.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/public_api.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <string_view>

namespace latchkey::api {

namespace json = boost::json;

namespace {

using namespace description;

constexpr std::string_view about =
    "Is this API key, token or device good, and whose is it? Backends and gateways ask the public "
    "listener; operators ask the admin listener, at a unix socket or at admin.listen.\n\n"
    "A bad credential is answered with status 200 and `\"valid\": false`: read the body, not the "
    "status. Every other status than 200 means that the question was not decided. At "
    "`/forward-auth` "
    "alone, which is for gateways, the status is the verdict, and below `/oauth2/` it is as OAuth "
    "2 "
    "says.";

constexpr std::pair<std::string_view, std::string_view> tags[] = {
    {"verification", "is this credential good, and whose is it?"},
    {"gateways", "may whoever asks a gateway pass?"},
    {"brokers", "may this client connect, publish, subscribe?"},
    {"OAuth 2", "the same for clients that are given the issuer's URL and nothing else"},
    {"tokens", "our own tokens, their signing keys, and their revocation"},
    {"process", "what the process says about itself"},
    {"organizations", "whom keys and devices belong to"},
    {"API keys", "their life: made, changed, rotated, revoked, imported"},
    {"credits", "what keys and their owners may spend, and what was used on which day"},
    {"devices", "their life: registered, changed, rotated, revoked, imported"},
    {"roles", "scopes under a name, and who holds them"},
    {"operation", "what the servers do, and who changed what"},
};

json::object operation_json(const operation& of, const http::route_terms& route, listener where) {
    json::object out{{"operationId", of.id}, {"tags", {of.tag}}, {"summary", route.summary}};
    if (!of.says.empty()) out["description"] = of.says;
    out["security"] = security_of(of, where);
    auto parameters = parameters_of(of, where);
    if (!parameters.empty()) out["parameters"] = std::move(parameters);
    if (!of.form.empty())
        out["requestBody"] = form_of(of);
    else if (http::takes_body(of.method))
        out["requestBody"] = body_of(of, route);
    out["responses"] = of.is_of_oauth() ? oauth_responses_of(of) : responses_of(of, route, where);
    return out;
}

std::string lower(std::string_view name) {
    std::string out(name);
    for (auto& c : out)
        c = static_cast<char>(c | 0x20);
    return out;
}

void add_paths(json::object& paths, std::span<const http::route_terms> routes,
               std::span<const operation> operations, listener where) {
    for (const auto& route : routes) {
        const auto* of = operation_of(operations, route);
        if (!of) continue;
        if (of->of_gateways) {
            add_gateway_paths(paths, *of, route);
            continue;
        }
        auto& path = paths[route.path];
        if (path.is_null()) {
            path.emplace_object();
            if (where == listener::of_admin) path.as_object()["servers"] = admin_servers();
        }
        path.as_object()[lower(http::name_of(route.method))] = operation_json(*of, route, where);
    }
}

void add_schemas(json::object& out, std::span<const schema> all) {
    for (const auto& one : all)
        out[one.name] = schema_of(one);
}

json::object components() {
    json::object schemas;
    schemas["Problem"] = problem_schema();
    schemas["OAuthError"] = oauth_error_schema();
    add_schemas(schemas, public_schemas);
    add_schemas(schemas, process_schemas);
    add_schemas(schemas, admin_schemas);
    add_schemas(schemas, process_admin_schemas);
    auto responses = shared_responses();
    add_gateway_responses(responses);
    add_oauth_responses(responses);
    return {{"schemas", std::move(schemas)},
            {"headers", shared_headers()},
            {"responses", std::move(responses)},
            {"parameters", shared_parameters()},
            {"securitySchemes", security_schemes()}};
}

} // namespace

json::object description::document() {
    json::array all_tags;
    for (const auto& [name, says] : tags)
        all_tags.emplace_back(json::object{{"name", name}, {"description", says}});
    json::object paths;
    add_paths(paths, public_api::routes(), public_operations, listener::of_public);
    add_paths(paths, admin_api::routes(), admin_operations, listener::of_admin);
    return {{"openapi", "3.1.0"},
            {"info", {{"title", "Latchkey"}, {"version", "1"}, {"description", about}}},
            {"servers", public_servers()},
            {"tags", std::move(all_tags)},
            {"paths", std::move(paths)},
            {"components", components()}};
}

const api_description& described() {
    static const auto made = [] {
        auto text = tagged(json::serialize(document()));
        return api_description{std::move(text.plain), std::move(text.gzip),
                               std::move(text.entity_tag)};
    }();
    return made;
}

std::string readable_description() {
    return readable_json(document());
}

} // namespace latchkey::api
