#include "auth/api_key/import_members.hpp"

#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/crypto/json_object.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace json = boost::json;

namespace {

constexpr crypto::json_limits text_limits{};
// Before 1973 it would be seconds, and nobody had keys then.
constexpr std::int64_t least_ms = 100'000'000'000;
constexpr std::int64_t most_ms = 9'000'000'000'000; // in the year 2255

std::optional<core::real_time> time_of(std::int64_t ms) {
    if (ms < least_ms || ms > most_ms) return std::nullopt;
    return core::real_time(core::milliseconds(ms));
}

std::optional<core::real_time> time_of(std::string_view text) {
    if (auto read = core::parse_rfc3339(text)) return read;
    return core::parse_rfc3339(std::string(text) + 'Z');
}

} // namespace

const json::value* import_members::any(std::string_view name) {
    taken_.push_back(name);
    const auto* value = given_.if_contains({name.data(), name.size()});
    return value && !value->is_null() ? value : nullptr;
}

void import_members::complain_of(std::string_view name, std::string_view expected) {
    complain('"' + std::string(name) + "\" cannot be read: expected " + std::string(expected));
}

std::optional<std::string> import_members::text(std::string_view name) {
    const auto* value = any(name);
    if (!value) return std::nullopt;
    if (value->is_string()) return std::string(value->get_string());
    complain_of(name, "a text");
    return std::nullopt;
}

std::optional<std::vector<std::string>> import_members::texts(std::string_view name) {
    const auto* value = any(name);
    if (!value) return std::nullopt;
    std::vector<std::string> out;
    const auto* list = value->if_array();
    const auto is_text = [](const json::value& v) { return v.is_string(); };
    if (!list || !std::ranges::all_of(*list, is_text)) {
        complain_of(name, "a list of texts");
        return std::nullopt;
    }
    for (const auto& one : *list)
        out.emplace_back(one.get_string());
    return out;
}

std::optional<std::int64_t> import_members::integer(std::string_view name) {
    const auto* value = any(name);
    if (!value) return std::nullopt;
    if (value->is_int64()) return value->get_int64();
    complain_of(name, "a whole number");
    return std::nullopt;
}

std::optional<core::real_time> import_members::time(std::string_view name) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    const auto read = core::parse_rfc3339(*given);
    if (!read) complain_of(name, "a time such as 2027-01-01T00:00:00Z");
    return read;
}

std::optional<core::real_time> import_members::foreign_time(std::string_view name) {
    const auto* value = any(name);
    if (!value) return std::nullopt;
    std::optional<core::real_time> read;
    if (const auto* ms = value->if_int64()) read = time_of(*ms);
    if (const auto* shown = value->if_string()) read = time_of(std::string_view(*shown));
    if (!read) complain_of(name, "a time such as 2027-01-01T00:00:00Z, or milliseconds since 1970");
    return read;
}

std::optional<bool> import_members::boolean(std::string_view name) {
    const auto* value = any(name);
    if (!value) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    complain_of(name, "true or false");
    return std::nullopt;
}

std::optional<bool> import_members::foreign_boolean(std::string_view name) {
    const auto* number = given_.if_contains({name.data(), name.size()});
    if (number && number->is_int64() && (number->get_int64() == 0 || number->get_int64() == 1)) {
        taken_.push_back(name);
        return number->get_int64() == 1;
    }
    return boolean(name);
}

std::optional<std::string> import_members::object(std::string_view name, bool in_text) {
    const auto* value = any(name);
    if (!value) return std::nullopt;
    if (value->is_object()) return json::serialize(*value);
    if (const auto* held = in_text ? value->if_string() : nullptr) {
        if (held->empty() || *held == "null") return std::nullopt;
        const auto read = crypto::parse_json_object(std::string_view(*held), text_limits);
        if (read) return json::serialize(*read);
    }
    complain_of(name, in_text ? "a JSON object, or the text of one" : "a JSON object");
    return std::nullopt;
}

void import_members::ignore(std::initializer_list<std::string_view> names) {
    taken_.insert(taken_.end(), names);
}

void import_members::refuse_if_set(std::string_view name, std::string_view because) {
    if (any(name)) complain('"' + std::string(name) + "\" " + std::string(because));
}

const std::string& import_members::finish() {
    for (const auto& member : given_) {
        const std::string_view name(member.key().data(), member.key().size());
        if (member.value().is_null() || std::ranges::find(taken_, name) != taken_.end()) continue;
        complain("\"" + std::string(name) +
                 "\" is not known: it might restrict the key; take it out if it does not");
    }
    return complaint_;
}

} // namespace latchkey::auth
