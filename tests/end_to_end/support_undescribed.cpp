// What the description does not say of an exchange.
#include "../support/unpacked.hpp"
#include "support_description.hpp"
#include "support_exchange.hpp"
#include "support_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace latchkey::test {

namespace json = boost::json;

namespace {

// Fields of every answer, which no operation names.
constexpr std::string_view usual_fields[] = {"date",         "content-type", "content-length",
                                             "connection",   "vary",         "content-encoding",
                                             "cache-control"};

const json::value& document() {
    static const auto read = [] {
        std::ifstream file(LATCHKEY_SOURCE_DIR "/schema/openapi.json");
        std::ostringstream text;
        text << file.rdbuf();
        return json::parse(text.str());
    }();
    return read;
}

const schema_checker& checker() {
    static const schema_checker made(document());
    return made;
}

// A gateway's client may have added to the path.
bool is_of_gateways(std::string_view path) {
    return path == "/forward-auth" || path.starts_with("/forward-auth/");
}

// The path of the issuer's URL may stand before OAuth's paths, or behind a document (RFC 8414).
std::string_view without_issuers_path(std::string_view path) {
    constexpr std::string_view documents = "/.well-known/";
    for (const std::string_view part : {std::string_view("/oauth2/"), documents})
        if (const auto at = path.find(part); at != path.npos && at > 0) return path.substr(at);
    if (path.starts_with(documents)) return path.substr(0, path.find('/', documents.size()));
    return path;
}

// The path item of a path; null if there is none. A literal path goes before one with an id.
const json::object* find_path(std::string_view path) {
    const auto& all = document().at("paths").as_object();
    if (path.starts_with("/forward-auth/")) path = "/forward-auth/@{policy}";
    if (const auto* found = all.if_contains(path)) return &found->as_object();
    for (const auto& [name, item] : all)
        if (std::string_view(name).find('{') != std::string_view::npos && matches(name, path))
            return &item.as_object();
    return nullptr;
}

const json::value* find_operation(const json::object& item, std::string_view path,
                                  const std::string& method) {
    const auto* found = item.if_contains(lower(method));
    return found || (method != "HEAD" && !is_of_gateways(path)) ? found : item.if_contains("get");
}

// The answer that says for every path that there is none, or no such method.
bool is_routers(int status, std::string_view head, std::string_view body) {
    if (status == 405) return !value_of(head, "allow").empty();
    return status == 404 && body.find("nothing is at this path") != body.npos;
}

std::string wrong_field(const json::object& described, const std::string& name,
                        const std::string& value) {
    auto typed = json::value(value);
    const auto& given = described.at("schema").as_object();
    const auto& schema = given.at("type") == "array" ? given.at("items").as_object() : given;
    const bool is_number = schema.at("type") == "integer" && !value.empty() &&
                           std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    if (is_number) typed = json::parse(value);
    return checker().difference(schema, typed, "the field " + name);
}

std::string wrong_fields(const json::object& answer, std::string_view head) {
    static const json::object none;
    const auto* found = answer.if_contains("headers");
    const auto& described = found ? found->as_object() : none;
    const auto given = fields_of(head);
    for (const auto& [name, what] : described) {
        const auto& header = checker().resolved(what).as_object();
        const auto has = std::ranges::find(given, lower(name), &decltype(given)::value_type::first);
        if (has != given.end()) {
            if (auto why = wrong_field(header, name, has->second); !why.empty()) return why;
        } else if (header.contains("required")) {
            return "there is no field " + std::string(name);
        }
    }
    for (const auto& [name, value] : given) {
        const auto same = [&](const auto& one) { return lower(one.key()) == name; };
        if (std::ranges::find(usual_fields, name) == std::end(usual_fields) &&
            std::ranges::none_of(described, same))
            return "the field " + name + " is not described";
    }
    return {};
}

std::string media_type_of(std::string_view head) {
    const auto type = value_of(head, "content-type");
    return std::string(trimmed(std::string_view(type).substr(0, type.find(';'))));
}

std::string wrong_body(const json::object& answer, std::string_view head, std::string_view body,
                       bool of_head) {
    const auto* content = answer.if_contains("content");
    const auto type = media_type_of(head);
    if (!content) return body.empty() && type.empty() ? "" : "no body is described";
    const auto* described = content->as_object().if_contains(type);
    if (!described) return "the content type \"" + type + "\" is not described";
    if (of_head || !type.ends_with("json")) return {};
    const auto plain =
        value_of(head, "content-encoding") == "gzip" ? unpacked(body) : std::string(body);
    boost::system::error_code wrong;
    const auto value = json::parse(plain, wrong);
    if (wrong) return "the body is not JSON: " + plain.substr(0, 100);
    return checker().difference(described->at("schema"), value);
}

std::string wrong_answer(const json::value& described, const sent_request& asked,
                         std::string_view head, std::string_view body) {
    const auto& answer = checker().resolved(described).as_object();
    if (auto why = wrong_fields(answer, head); !why.empty()) return why;
    return wrong_body(answer, head, body, asked.method == "HEAD");
}

// The shared answer of a status that has a problem document; null if there is none.
const json::value* shared_answer(std::string_view head) {
    std::string name(head.substr(13, head.find("\r\n") - 13));
    std::erase(name, ' ');
    return document().at("components").at("responses").as_object().if_contains(name);
}

// --- Requests ---

// A parameter of a list. Elsewhere what nobody reads is passed over.
bool is_strict(const json::value& parameter) {
    const auto& p = checker().resolved(parameter).as_object();
    return p.at("in") == "query" && p.at("name") != "wait";
}

std::string wrong_query(const json::object& operation, std::string_view query) {
    const auto* found = operation.if_contains("parameters");
    if (!found || std::ranges::none_of(found->as_array(), is_strict)) return {};
    const auto& described = found->as_array();
    for (const auto& [name, value] : parameters_of(query)) {
        const auto is_it = [&, wanted = std::string_view(name)](const json::value& one) {
            const auto& p = checker().resolved(one).as_object();
            return p.at("in") == "query" && p.at("name").as_string() == wanted;
        };
        const auto parameter = std::ranges::find_if(described, is_it);
        if (parameter == described.end())
            return "the request's parameter " + name + " is not described";
        if (auto why = wrong_field(checker().resolved(*parameter).as_object(), name, value);
            !why.empty())
            return "the request: " + why;
    }
    return {};
}

// Whether the answer itself says that this item of the request's list could not be read.
bool names_bad_item(const json::value& answer, std::size_t item) {
    const auto* object = answer.if_object();
    if (!object) return false;
    if (const auto* refused = object->if_contains("refused"))
        return std::ranges::any_of(refused->as_array(), [&](const json::value& one) {
            return one.at("index").to_number<std::size_t>() == item;
        });
    const auto* results = object->if_contains("results");
    if (!results || results->as_array().size() <= item) return false;
    const auto& result = results->as_array()[item].as_object();
    const auto* code = result.if_contains("code");
    return code ? *code == "INVALID_FORMAT" : result.at("outcome") == "skipped";
}

// Takes the items away that the answer names as bad, each on its own.
void drop_bad_items(const json::object& schema, json::object& asked, std::string_view answer) {
    boost::system::error_code wrong;
    const auto told = json::parse(answer, wrong);
    if (wrong) return;
    for (const auto& [name, property] : schema.at("properties").as_object()) {
        const auto* items = property.as_object().if_contains("items");
        auto* given = asked.if_contains(name);
        if (!items || !given || !given->is_array()) continue;
        json::array kept;
        for (std::size_t i = 0; i < given->as_array().size(); ++i) {
            const auto& item = given->as_array()[i];
            if (checker().difference(*items, item).empty() || !names_bad_item(told, i))
                kept.push_back(item);
        }
        *given = std::move(kept);
    }
}

// A form as JSON: a field that may come several times is a list. What has no value is not sent.
json::object sent_form(const json::object& schema, std::string_view form) {
    json::object out;
    const auto& described = schema.at("properties").as_object();
    for (const auto& [name, value] : parameters_of(form)) {
        if (value.empty()) continue;
        const auto* property = described.if_contains(name);
        if (!property || property->at("type") != "array")
            out[name] = value;
        else if (auto* list = out.if_contains(name))
            list->as_array().emplace_back(value);
        else
            out[name] = json::array{json::value(value)};
    }
    return out;
}

std::string wrong_request_body(const json::object& operation, const sent_request& asked,
                               std::string_view answer) {
    const auto* described = operation.if_contains("requestBody");
    if (!described) return {}; // one that comes is dropped
    if (asked.body.empty())
        return described->as_object().contains("required") ? "the request has no body" : "";
    const auto& content = described->at("content").as_object();
    boost::system::error_code wrong;
    if (const auto* form = content.if_contains("application/x-www-form-urlencoded")) {
        const auto& fields = form->at("schema").as_object();
        const auto why = checker().difference(fields, sent_form(fields, asked.body));
        return why.empty() ? why : "the request: " + why;
    }
    const auto& schema = content.at("application/json").at("schema").as_object();
    auto value = json::parse(asked.body, wrong);
    if (wrong || !value.is_object()) return "the request's body is no JSON object";
    drop_bad_items(schema, value.as_object(), answer);
    const auto why = checker().difference(schema, value);
    return why.empty() ? why : "the request: " + why;
}

// As proxies are asked: http://host/path (RFC 9112, section 3.2.2).
std::string_view origin_form(std::string_view target) {
    const auto authority = target.find("://");
    if (target.starts_with('/') || authority == target.npos) return target;
    const auto path = target.find('/', authority + 3);
    return path == target.npos ? "/" : target.substr(path);
}

// The server has read the whole request, and found it to be as described. A refusal in a form of
// its own may say otherwise by its code alone.
bool was_read(int status, std::string_view head) {
    const auto code = value_of(head, "x-latchkey-code");
    if (!code.empty() && code != "VALID") return false;
    return status < 300 || status == 304 || status == 409;
}

} // namespace

std::string undescribed(const sent_request& asked, int status, std::string_view head,
                        std::string_view body) {
    const auto target = origin_form(asked.target);
    const auto whole = target.substr(0, target.find('?'));
    const auto query = whole.size() == target.size() ? "" : target.substr(whole.size() + 1);
    const auto path = without_issuers_path(whole);
    const auto* item = find_path(path);
    const auto* shared = shared_answer(head);
    if (asked.method == "OPTIONS" && !is_of_gateways(path)) {
        if (status == 204) return value_of(head, "allow").empty() ? "there is no Allow" : "";
        return shared ? wrong_answer(*shared, asked, head, body) : "this status is not described";
    }
    const auto* found = item ? find_operation(*item, path, asked.method) : nullptr;
    if (!found || is_routers(status, head, body)) {
        // What comes before a request finds its way is in every operation.
        const auto& usual = document().at("paths").at("/livez").at("get").at("responses");
        const bool may_be =
            status == 404 || status == 405 || usual.as_object().contains(std::to_string(status));
        if (!may_be || status < 400) return "the path or the method is not described";
        return asked.method == "HEAD" && status == 404 ? std::string()
                                                       : wrong_answer(*shared, asked, head, body);
    }
    const auto& operation = found->as_object();
    const auto* described =
        operation.at("responses").as_object().if_contains(std::to_string(status));
    if (!described) return "this status is not described: " + std::string(body.substr(0, 200));
    if (auto why = wrong_answer(*described, asked, head, body); !why.empty()) return why;
    if (!was_read(status, head)) return {};
    if (auto why = wrong_query(operation, query); !why.empty()) return why;
    return wrong_request_body(operation, asked, body);
}

} // namespace latchkey::test
