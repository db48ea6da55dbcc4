#include "server/settings/agreeing_settings.hpp"

#include "server/settings/setting.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

namespace json = boost::json;

constexpr std::string_view names[] = {"auth.callers",
                                      "auth.callers_required_for",
                                      "auth.accept_foreign_keys",
                                      "auth.legacy_device_secret",
                                      "tokens.issuer",
                                      "tokens.audience",
                                      "tokens.algorithm",
                                      "tokens.expires_in_max",
                                      "database.write_back"};

std::string issuers_of(const configuration& settings) {
    std::vector<std::string> all;
    for (const auto& one : settings.issuers)
        all.push_back(one.issuer.empty() ? one.project : one.issuer);
    std::ranges::sort(all);
    std::string out;
    for (const auto& one : all)
        out += (out.empty() ? "" : ", ") + one;
    return out;
}

// A policy that is narrower on one node lets pass on another.
std::string policies_of(const configuration& settings) {
    std::vector<std::string> all;
    for (const auto& one : settings.forward_policies)
        all.push_back(one.name + " (scopes: " + one.scopes +
                      (one.permissions.empty() ? "" : "; permissions: " + one.permissions) +
                      "; audience: " + one.audience + "; organization: " + one.organization +
                      "; cost: " + std::to_string(one.cost) + (one.token ? "; token)" : ")"));
    std::ranges::sort(all);
    std::string out;
    for (const auto& one : all)
        out += (out.empty() ? "" : ", ") + one;
    return out;
}

} // namespace

std::string agreeing_settings(const configuration& settings, std::string_view key) {
    std::string out = "{";
    const auto add = [&](std::string_view name, std::string_view value) {
        if (out.size() > 1) out += ',';
        core::append_json_string(out, name);
        out += ':';
        core::append_json_string(out, value);
    };
    for (const auto name : names)
        if (const auto* entry = find_setting(name)) add(name, spell(*entry, settings));
    add("issuers", issuers_of(settings));
    add("forward_auth", policies_of(settings));
    // Which key it is; the file may have another name elsewhere.
    if (!key.empty()) add("tokens.key_encryption_key_file", key);
    return out + '}';
}

std::vector<differing_setting> differing_settings(std::string_view own, std::string_view other) {
    const auto read = [](std::string_view text) {
        json::error_code wrong;
        auto value = json::parse({text.data(), text.size()}, wrong);
        return wrong || !value.is_object() ? json::object() : std::move(value.get_object());
    };
    const auto shown = [](const json::value& value) {
        return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    };
    const auto mine = read(own);
    const auto theirs = read(other);
    std::vector<differing_setting> out;
    for (const auto& [name, value] : mine)
        if (const auto* found = theirs.if_contains(name); found && *found != value)
            out.push_back({std::string(name), shown(value), shown(*found)});
    return out;
}

} // namespace latchkey::server
