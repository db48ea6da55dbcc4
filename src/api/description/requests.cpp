#include "api/description/requests.hpp"

#include "api/description/json_schema.hpp"

#include <latchkey/api/caller_rules.hpp>
#include <latchkey/http/response.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <string>

namespace latchkey::api::description {

namespace json = boost::json;

namespace {

struct parameter {
    std::string_view component; ///< its name among the shared ones
    std::string_view name;
    std::string_view in;
    std::string_view says;
    std::string_view only{}; ///< the only value
    std::size_t length_max = 0;
    bool required = false;
};

constexpr parameter shared[] = {
    {"id", "id", "path", "the id, as it is: without percent-encoding", {}, 0, true},
    {"requestId", "X-Request-Id", "header",
     "the id of the request, for the logs of both sides; one is made without it"},
    {"traceparent", "traceparent", "header",
     "W3C Trace Context: the trace that the request belongs to; the answer hands it on"},
    {"receipt", "X-Latchkey-Receipt", "header",
     "the receipt of a change that the caller knows of, or several: the answer is not from before "
     "it, or 503"},
    {"apiKey", "X-API-Key", "header",
     "the client's API key, if it is not in Authorization: Bearer"},
    {"cacheControl", "Cache-Control", "header",
     "from trusted callers: no-cache (the answer is looked up) or no-store (nor is the result "
     "cached)"},
    {"ifNoneMatch", "If-None-Match", "header", "the ETag of an earlier answer"},
    {"idempotencyKey",
     "Idempotency-Key",
     "header",
     "visible ASCII: whoever comes again with it within a day gets the same answer, without its "
     "secret, and nothing is done again",
     {},
     255},
    {"wait", "wait", "query",
     "all: the answer comes when all live nodes obey the change, or after admin.wait_max", "all"},
};

json::object reference(std::string_view name) {
    return {{"$ref", "#/components/parameters/" + std::string(name)}};
}

const caller_endpoint* find_caller_endpoint(std::string_view path) {
    const auto all = caller_endpoints();
    const auto found = std::ranges::find(all, path, &caller_endpoint::path);
    return found == all.end() ? nullptr : &*found;
}

std::string_view right_at(std::string_view path) {
    const auto* found = find_caller_endpoint(path);
    return found ? auth::caller_scopes::name_of(found->right) : std::string_view();
}

// The name of what a caller needs; empty: nobody is asked.
std::string_view right_of(const operation& of, listener where) {
    if (where == listener::of_public) return right_at(of.path);
    return auth::caller_scopes::name_of(of.method == http::method::get
                                            ? auth::caller_right::admin_read
                                            : auth::caller_right::admin_write);
}

} // namespace

json::array parameters_of(const operation& of, listener where) {
    json::array out;
    if (of.path.find("{id}") != std::string_view::npos) out.emplace_back(reference("id"));
    for (const auto& p : of.query) {
        json::object one{
            {"name", p.name}, {"in", "query"}, {"description", p.says}, {"schema", schema_of(p)}};
        if (p.required) one["required"] = true;
        out.emplace_back(std::move(one));
    }
    if (of.ends_something) out.emplace_back(reference("wait"));
    out.emplace_back(reference("requestId"));
    out.emplace_back(reference("traceparent"));
    const bool of_admin = where == listener::of_admin;
    if (of_admin && of.method == http::method::post) out.emplace_back(reference("idempotencyKey"));
    if (of.path.starts_with("/api/") || of.is_of_oauth()) out.emplace_back(reference("receipt"));
    if (of.cache != cache_news::none) out.emplace_back(reference("cacheControl"));
    if (of.has_tag || of.browsers != for_browsers::no) out.emplace_back(reference("ifNoneMatch"));
    return out;
}

json::object body_of(const operation& of, const http::route_terms& route) {
    json::object out;
    if (!route.body_may_be_missing) out["required"] = true;
    json::object content{{"schema", schema_of_body(of)}};
    if (!of.example.empty()) content["example"] = example_of(of);
    out["content"] = {{std::string_view(http::json_type), std::move(content)}};
    return out;
}

json::value example_of(const operation& of) {
    return json::parse(of.example);
}

json::array security_of(const operation& of, listener where) {
    const auto* asks = where == listener::of_public ? find_caller_endpoint(of.path) : nullptr;
    json::array out;
    if (!asks || !asks->always) out.emplace_back(json::object());
    const auto add = [&out](json::object way) { out.emplace_back(std::move(way)); };
    if (of.takes_bearer) add({{"token", json::array()}});
    if (of.of_gateways) add({{"device", json::array()}});
    if (of.is_of_oauth()) add({{"client", json::array()}});
    const auto right = right_of(of, where);
    if (right.empty()) return out;
    for (const std::string_view way : {"callerKey", "callerCertificate"}) {
        add({{way, {right}}});
        if (of.takes_bearer) add({{way, {right}}, {"token", json::array()}});
        if (of.of_gateways) add({{way, {right}}, {"device", json::array()}});
        if (of.is_of_oauth()) add({{way, {right}}, {"client", json::array()}});
    }
    return out;
}

json::object shared_parameters() {
    json::object out;
    for (const auto& p : shared) {
        json::object schema{{"type", "string"}};
        if (!p.only.empty()) schema["const"] = p.only;
        if (p.length_max != 0) schema["maxLength"] = p.length_max;
        json::object one{{"name", p.name}, {"in", p.in}, {"description", p.says}};
        if (p.required) one["required"] = true;
        one["schema"] = std::move(schema);
        out[p.component] = std::move(one);
    }
    return out;
}

json::object security_schemes() {
    return {
        {"callerKey",
         {{"type", "apiKey"},
          {"in", "header"},
          {"name", "X-Latchkey-Key"},
          {"description", "An API key of ours that says who asks; at most once. On the public "
                          "listener it is needed where auth.callers_required_for says so, on the "
                          "admin listener over TCP everywhere, at the admin socket nowhere."}}},
        {"callerCertificate",
         {{"type", "mutualTLS"},
          {"description", "A client certificate that [[callers]] of the configuration names."}}},
        {"token",
         {{"type", "http"},
          {"scheme", "bearer"},
          {"description", "The token that is verified, or at /forward-auth an API key. It says "
                          "nothing about who asks."}}},
        {"device",
         {{"type", "http"},
          {"scheme", "basic"},
          {"description", "The device that is verified: its id and its secret."}}},
        {"client",
         {{"type", "http"},
          {"scheme", "basic"},
          {"description", "A client of OAuth 2: the id of an API key and the key itself, or a "
                          "device's id and its secret, both form-encoded (RFC 6749, section "
                          "2.3.1). They may be in the body instead."}}}};
}

json::array public_servers() {
    return {json::object{{"url", "/"}, {"description", "the public listener (server.listen)"}}};
}

json::array admin_servers() {
    return {
        json::object{
            {"url", "http://localhost"},
            {"description", "the unix socket (admin.socket); the host's name is of no account"}},
        json::object{{"url", "https://{host}:{port}"},
                     {"description", "the TCP port (admin.listen)"},
                     {"variables",
                      {{"host", {{"default", "localhost"}}}, {"port", {{"default", "8443"}}}}}}};
}

} // namespace latchkey::api::description
