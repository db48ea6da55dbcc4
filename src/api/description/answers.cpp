#include "api/description/answers.hpp"

#include "api/description/json_schema.hpp"

#include <latchkey/api/caller_rules.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/response.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <string>

namespace latchkey::api::description {

namespace json = boost::json;

namespace {

struct header {
    std::string_view name;
    std::string_view type;
    bool required;
    std::string_view says;
    std::span<const std::string_view> words{};
};

constexpr std::array<std::string_view, 4> cache_words = {"hit", "miss", "coalesced", "none"};
// Of what browsers show.
constexpr std::array<std::string_view, 1> policy_words = {http::page_policy};
constexpr std::array<std::string_view, 1> sniffing_words = {"nosniff"};
constexpr std::array<std::string_view, 1> referrer_words = {"no-referrer"};
constexpr std::array<std::string_view, 3> tagged_fields = {"ETag", "Cache-Control",
                                                           "Access-Control-Allow-Origin"};
constexpr std::array<std::string_view, 5> browser_fields = {
    "ETag", "Cache-Control", "Content-Security-Policy", "X-Content-Type-Options",
    "Referrer-Policy"};
constexpr header headers[] = {
    {"X-Request-Id", "string", true, "the id of the request, for the logs of both sides"},
    {"traceparent", "string", false,
     "W3C Trace Context: where the request stands in its trace, if it belongs to one"},
    {"X-Auth-Cache", "string", true,
     "how a valid answer was found; none on every other, because a hit would tell what exists",
     cache_words},
    {"Age", "integer", false, "on valid answers: how many seconds ago the database was asked"},
    {"RateLimit-Policy", "string", false, "where a rate limit applies"},
    {"RateLimit", "string", false, "where a rate limit applies: what remains"},
    {"Retry-After", "integer", true, "in how many seconds to ask again"},
    {"WWW-Authenticate", "string", true, "how to say who asks"},
    {"Allow", "string", true, "the methods of the path"},
    {"ETag", "string", true, "for If-None-Match"},
    {"Pragma", "string", false, "no-cache: with a token, for caches of HTTP/1.0"},
    {"Cache-Control", "string", true, "how long it may be kept"},
    {"Access-Control-Allow-Origin", "string", true, "pages of any origin may read it"},
    {"Content-Security-Policy", "string", true,
     "a page and its parts come from here, and stand in no frame of others", policy_words},
    {"X-Content-Type-Options", "string", true, "the type is as it says", sniffing_words},
    {"Referrer-Policy", "string", true, "links tell nobody where they were", referrer_words},
    {"X-Latchkey-Code", "string", false,
     "UNAVAILABLE: the server is full, and has not read the request; gateways judge by it"},
    {"Accept-Encoding", "string", false, "identity: send the body as it is"},
    {"Idempotent-Replayed", "string", false,
     "true: a request with this Idempotency-Key was answered before, and nothing was done again"},
};

struct problem {
    int status;
    std::string_view says;
    std::string_view header{}; ///< one that it has besides X-Request-Id
};
constexpr problem problems[] = {
    {400, "not the documented request, or not valid HTTP"},
    {401, "it is not known who asks", "WWW-Authenticate"},
    {403, "the caller may not do this"},
    {404, "there is nothing of this name"},
    {405, "the path has other methods", "Allow"},
    {408, "the header or the body did not arrive in time"},
    {409, "it contradicts what is there"},
    {411, "say how long the body is"},
    {413, "the body is too long, or the answer would be"},
    {414, "the target is too long"},
    {415, "the body is of another type, or is encoded"},
    {417, "an expectation that is not supported"},
    {422, "bad input; nothing was changed"},
    {429, "a rate limit applies", "Retry-After"},
    {431, "the header is too large"},
    {500, "an unexpected failure"},
    {501, "a transfer coding or a method that is not supported"},
    {503, "it cannot be decided now, or the server is full or stopping", "Retry-After"},
    {505, "a version of HTTP that is not supported"},
};

json::object reference(std::string_view part, std::string_view name) {
    return {{"$ref", "#/components/" + std::string(part) + '/' + std::string(name)}};
}

json::object header_json(const header& h) {
    json::object schema{{"type", h.type}};
    if (!h.words.empty()) {
        json::array words;
        for (const auto word : h.words)
            words.emplace_back(word);
        schema["enum"] = std::move(words);
    }
    json::object out{{"description", h.says}};
    if (h.required) out["required"] = true;
    out["schema"] = std::move(schema);
    return out;
}

// "Bad Request" becomes "BadRequest".
std::string component_of(int status) {
    std::string out;
    std::ranges::copy_if(http::reason_phrase(status), std::back_inserter(out),
                         [](char c) { return c != ' '; });
    return out;
}

json::object headers_of(std::initializer_list<std::string_view> names) {
    json::object out;
    for (const auto name : names)
        out[name] = reference("headers", name);
    return out;
}

void add_limits(json::object& all) {
    for (const std::string_view name : {"RateLimit-Policy", "RateLimit"})
        all[name] = reference("headers", name);
}

json::object content_of(const operation& of, listener where) {
    json::object out;
    if (!of.answer.empty()) {
        auto schema = reference_to(of.answer);
        if (where == listener::of_admin && of.method == http::method::post)
            schema = {{"oneOf", {std::move(schema), reference_to("KeptIds")}}};
        out[std::string_view(http::json_type)] = {{"schema", std::move(schema)}};
    }
    for (const auto type : of.texts) {
        json::object schema{{"type", "string"}};
        if (!of.words.empty()) schema["enum"] = json::array(of.words.begin(), of.words.end());
        out[type] = {{"schema", std::move(schema)}};
    }
    return out;
}

json::object refusal_code() {
    return {{"description", "of a refusal: why"}, {"schema", {{"type", "string"}}}};
}

// Of paths that answer no problem documents.
json::object fixed_answer(const problem& p, const http::fixed_refusal& form) {
    auto fields = headers_of({"X-Request-Id", "traceparent"});
    fields["X-Latchkey-Code"] = refusal_code();
    add_limits(fields);
    if (!p.header.empty()) fields[p.header] = header_at_times(p.header);
    if (p.status == 415) fields["Accept-Encoding"] = header_at_times("Accept-Encoding");
    json::object content;
    content[form.content_type] = {{"schema", {{"type", "string"}, {"const", form.body}}}};
    return {
        {"description", p.says}, {"headers", std::move(fields)}, {"content", std::move(content)}};
}

// A server that is full turns connections away before it has read a path.
json::object turned_away_or(json::object refusal) {
    refusal["content"].as_object()[std::string_view(http::problem_type)] = {
        {"schema", reference_to("Problem")}};
    return refusal;
}

void add_browser_fields(json::object& all, for_browsers whether) {
    if (whether == for_browsers::no) return;
    for (const auto name : browser_fields)
        all[name] =
            whether == for_browsers::only ? reference("headers", name) : header_at_times(name);
}

// 304 is what a client with a tag gets.
json::object unchanged(const operation& of) {
    auto fields = headers_of({"X-Request-Id", "traceparent"});
    if (of.has_tag)
        for (const auto name : tagged_fields)
            fields[name] = reference("headers", name);
    if (of.browsers != for_browsers::no) add_browser_fields(fields, for_browsers::only);
    return {{"description", "as it was when it had the tag of If-None-Match"},
            {"headers", std::move(fields)}};
}

bool asks_for_callers(std::string_view path) {
    const auto all = caller_endpoints();
    return std::ranges::find(all, path, &caller_endpoint::path) != all.end();
}

json::object good_answer(const operation& of, listener where) {
    auto fields = headers_of({"X-Request-Id", "traceparent"});
    if (of.cache == cache_news::always)
        fields["X-Auth-Cache"] = reference("headers", "X-Auth-Cache");
    if (of.cache == cache_news::at_times) fields["X-Auth-Cache"] = header_at_times("X-Auth-Cache");
    if (of.cache != cache_news::none) {
        fields["Age"] = reference("headers", "Age");
        fields["Retry-After"] = header_at_times("Retry-After");
    }
    if (asks_for_callers(of.path)) add_limits(fields);
    if (of.refusals) fields["X-Latchkey-Code"] = refusal_code();
    if (of.has_tag)
        for (const auto name : tagged_fields)
            fields[name] = reference("headers", name);
    add_browser_fields(fields, of.browsers);
    if (where == listener::of_admin && of.method == http::method::post)
        fields["Idempotent-Replayed"] = reference("headers", "Idempotent-Replayed");
    return {{"description", of.status == 201 ? "made" : "the answer"},
            {"headers", std::move(fields)},
            {"content", content_of(of, where)}};
}

bool may_be(int status, const operation& of, const http::route_terms& route, listener where) {
    const bool of_admin = where == listener::of_admin;
    const bool has_body = http::takes_body(of.method);
    const bool changes = has_body || of.method == http::method::delete_;
    const bool has_one_status = of.refusals && of.refusals->status != 0;
    // Of a server that is full, and of a request of which not even the path could be read.
    if (has_one_status) return status == 503 || status == 400 || status == 408 || status == 431;
    switch (status) {
    case 405: // of paths, not of operations
        return false;
    case 401:
    case 403:
    case 429:
        return of_admin || asks_for_callers(of.path);
    case 404:
        return of.names_others || of.path.find("{id}") != std::string_view::npos;
    case 409:
        return of_admin && changes;
    case 422:
        return of_admin && (changes || !of.query.empty());
    case 411:
        return has_body && !route.body_may_be_missing;
    case 415:
        return has_body;
    default:
        return true;
    }
}

} // namespace

json::object header_at_times(std::string_view name) {
    auto found = *std::ranges::find(headers, name, &header::name);
    found.required = false;
    return header_json(found);
}

json::object responses_of(const operation& of, const http::route_terms& route, listener where) {
    json::object out;
    out[std::to_string(of.status)] = good_answer(of, where);
    if (of.has_tag || of.browsers != for_browsers::no) out["304"] = unchanged(of);
    for (const auto& p : problems) {
        if (!may_be(p.status, of, route, where)) continue;
        auto& one = out[std::to_string(p.status)];
        one = reference("responses", component_of(p.status));
        if (!of.refusals || of.refusals->status != 0) continue;
        auto refusal = fixed_answer(p, *of.refusals);
        one = p.status == 503 ? turned_away_or(std::move(refusal)) : std::move(refusal);
    }
    return out;
}

json::object shared_headers() {
    json::object out;
    for (const auto& h : headers)
        out[h.name] = header_json(h);
    return out;
}

json::object shared_responses() {
    json::object out;
    for (const auto& p : problems) {
        auto fields = headers_of({"X-Request-Id", "traceparent"});
        if (!p.header.empty()) fields[p.header] = reference("headers", p.header);
        if (p.status == 503) fields["X-Latchkey-Code"] = reference("headers", "X-Latchkey-Code");
        if (p.status == 415) fields["Accept-Encoding"] = reference("headers", "Accept-Encoding");
        add_limits(fields);
        out[component_of(p.status)] = {
            {"description", p.says},
            {"headers", std::move(fields)},
            {"content",
             {{std::string_view(http::problem_type), {{"schema", reference_to("Problem")}}}}}};
    }
    return out;
}

json::object problem_schema() {
    json::array codes;
    for (const auto& p : problems)
        codes.emplace_back(http::problem_code(p.status));
    const auto text = json::object{{"type", "string"}};
    return {{"type", "object"},
            {"required", {"type", "title", "status", "detail", "code", "request_id"}},
            {"properties",
             {{"type", {{"type", "string"}, {"const", "about:blank"}}},
              {"title", text},
              {"status", {{"type", "integer"}}},
              {"detail", {{"type", "string"}, {"description", "a sentence for people"}}},
              {"code", {{"type", "string"}, {"enum", std::move(codes)}}},
              {"request_id", text}}},
            {"additionalProperties", false},
            {"description", "RFC 9457: why the question was not decided"}};
}

} // namespace latchkey::api::description
