#include "api/page/document.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

constexpr std::string_view methods[] = {"get",   "head",   "post",    "put",
                                        "patch", "delete", "options", "trace"};

// True if only the ids differ.
bool are_alike(const json::object& one, const json::object& other) {
    return one.size() == other.size() && std::ranges::all_of(one, [&](const auto& member) {
               const auto* same = other.if_contains(member.key());
               return same && (member.key() == "operationId" || *same == member.value());
           });
}

bool is_null_type(const json::value& one) {
    const auto* object = one.if_object();
    return object && text_of(*object, "type") == "null";
}

const json::array* array_of(const json::object& of, std::string_view name) {
    const auto* found = of.if_contains(name);
    return found ? found->if_array() : nullptr;
}

bool has(const json::array& all, std::string_view text) {
    return std::ranges::any_of(
        all, [&](const json::value& one) { return one.is_string() && one.get_string() == text; });
}

} // namespace

std::string_view text_of(const json::object& of, std::string_view name) {
    const auto* found = of.if_contains(name);
    return found && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

const json::object* object_of(const json::object& of, std::string_view name) {
    const auto* found = of.if_contains(name);
    return found ? found->if_object() : nullptr;
}

std::string_view referred(const json::object& of) {
    const auto path = text_of(of, "$ref");
    return path.substr(path.rfind('/') + 1);
}

const json::object& document::resolved(const json::object& what) const {
    const auto path = text_of(what, "$ref");
    return path.empty() ? what : whole_.at("components").at_pointer(path.substr(12)).as_object();
}

const json::object& document::components(std::string_view kind) const {
    return whole_.at("components").as_object().at(kind).as_object();
}

std::vector<placed_operation> document::operations(bool of_admin, std::string_view tag) const {
    std::vector<placed_operation> out;
    for (const auto& [path, item] : whole_.at("paths").as_object()) {
        if (item.as_object().contains("servers") != of_admin) continue;
        for (const auto& [method, one] : item.as_object()) {
            if (std::ranges::find(methods, std::string_view(method)) == std::end(methods)) continue;
            const auto& operation = one.as_object();
            if (!has(operation.at("tags").as_array(), tag)) continue;
            const placed_operation placed{method, path, &operation, of_admin};
            const bool is_alike = !out.empty() && out.back().path == std::string_view(path) &&
                                  are_alike(*out.back().is, operation);
            (is_alike ? out.back().alike : out).push_back(placed);
        }
    }
    return out;
}

std::optional<body_content> body_of(const json::object& operation) {
    const auto* body = object_of(operation, "requestBody");
    if (!body) return std::nullopt;
    const auto& first = *body->at("content").as_object().begin();
    return body_content{first.key(), &first.value().as_object()};
}

bool allows_anybody(const json::object& operation) {
    const auto* ways = array_of(operation, "security");
    return !ways || std::ranges::any_of(
                        *ways, [](const json::value& way) { return way.as_object().empty(); });
}

bool is_problem(const json::object& answer) {
    const auto* content = object_of(answer, "content");
    return content && content->contains("application/problem+json") && !is_oauth_error(answer);
}

bool is_oauth_error(const json::object& answer) {
    const auto* content = object_of(answer, "content");
    const auto* form = content ? object_of(*content, "application/json") : nullptr;
    return form && referred(form->at("schema").as_object()) == "OAuthError";
}

bool is_fixed_refusal(const json::object& answer) {
    const auto* content = object_of(answer, "content");
    const auto* text = content ? object_of(*content, "text/plain") : nullptr;
    return text && text->at("schema").as_object().contains("const");
}

bool may_be_null(const json::object& schema) {
    if (const auto* types = array_of(schema, "type")) return has(*types, "null");
    const auto* all = array_of(schema, "oneOf");
    return all && std::ranges::any_of(*all, is_null_type);
}

const json::object& without_null(const json::object& schema) {
    const auto* all = array_of(schema, "oneOf");
    if (!all || all->size() != 2 || !is_null_type((*all)[1])) return schema;
    return (*all)[0].as_object();
}

std::string_view type_of(const json::object& schema) {
    const auto* types = array_of(schema, "type");
    if (!types) return text_of(schema, "type");
    const auto found = std::ranges::find_if(*types, [](const auto& one) { return one != "null"; });
    return found == types->end() ? std::string_view() : std::string_view(found->as_string());
}

bool is_required(const json::object& schema, std::string_view member) {
    const auto* all = array_of(schema, "required");
    return all && has(*all, member);
}

} // namespace latchkey::api::page
