#include "auth/api_key/foreign_formats.hpp"

#include <latchkey/crypto/json_object.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace json = boost::json;

namespace {

constexpr std::string_view budget = "says how often the key may still be used, which Latchkey does "
                                    "not count";

std::optional<std::string> unless_empty(std::optional<std::string> text) {
    return text && text->empty() ? std::nullopt : text;
}

// The first of these names that is there. The others are taken as well.
template <class Take>
auto first_of(std::initializer_list<std::string_view> names, Take take)
    -> decltype(take(std::string_view())) {
    decltype(take(std::string_view())) out{};
    for (const auto name : names) {
        auto one = take(name);
        if (!out) out = std::move(one);
    }
    return out;
}

std::optional<std::string> text_of(import_members& from,
                                   std::initializer_list<std::string_view> names) {
    return first_of(names, [&](auto name) { return unless_empty(from.text(name)); });
}

std::optional<core::real_time> time_of(import_members& from,
                                       std::initializer_list<std::string_view> names) {
    return first_of(names, [&](auto name) { return from.foreign_time(name); });
}

// A window is at least as long as before, so that the limit is no wider.
std::optional<core::rate_rule> rule_of(import_members& from, std::optional<std::int64_t> quantity,
                                       std::optional<std::int64_t> window_ms) {
    if (window_ms && (*window_ms < 1 || *window_ms > 1'000'000'000'000)) window_ms = 0;
    const auto window_s = (window_ms.value_or(0) + 999) / 1000;
    return rule_or_complaint(from, quantity, window_s, std::nullopt);
}

// {"files":["read","write"]} grants files:read and files:write.
void take_permissions(import_members& from, const std::string& text, key_by_hash& key) {
    const auto read = crypto::parse_json_object(text, {});
    if (!read) return;
    for (const auto& [resource, actions] : *read) {
        const auto* list = actions.if_array();
        if (!list) return from.complain_of("permissions", "lists of actions by resource");
        for (const auto& action : *list) {
            if (!action.is_string())
                return from.complain_of("permissions", "lists of actions by resource");
            key.scopes.push_back(std::string(resource) + ':' + std::string(action.get_string()));
        }
    }
}

// Unkey has a limit as one object, or several in a list.
void take_unkey_limit(import_members& from, const json::value& value, key_by_hash& key) {
    const auto* limit = value.if_object();
    if (!limit) return from.complain_of("ratelimit", "an object");
    import_members members(*limit);
    const auto quantity = members.integer("limit");
    const auto duration = members.integer("duration");
    const auto interval = members.integer("refillInterval");
    const auto refill = members.integer("refillRate");
    members.ignore({"id", "name", "type", "async", "autoApply", "auto_apply"});
    if (const auto& wrong = members.finish(); !wrong.empty())
        return from.complain("\"ratelimit\": " + wrong);
    if (key.rate_limit) return from.complain("it has several rate limits: Latchkey keeps one");
    if (duration || !refill) {
        key.rate_limit = rule_of(from, quantity, duration);
    } else {
        const auto window_s = (interval.value_or(0) + 999) / 1000;
        key.rate_limit = rule_or_complaint(from, refill, window_s, quantity);
    }
}

void take_identity(import_members& from, key_by_hash& key) {
    const auto* value = from.any("identity");
    if (!value) return;
    const auto* identity = value->if_object();
    if (!identity) return from.complain_of("identity", "an object");
    import_members members(*identity);
    key.external_id = text_of(members, {"externalId", "external_id"});
    members.ignore({"id", "meta"});
    const auto* limits = members.any("ratelimits");
    if (limits && (!limits->is_array() || !limits->get_array().empty()))
        from.complain("\"identity\" has rate limits that its keys share, which Latchkey does not "
                      "know");
    if (const auto& wrong = members.finish(); !wrong.empty())
        from.complain("\"identity\": " + wrong);
}

void take_unkey_hash(import_members& from, key_by_hash& key) {
    const auto* value = from.any("hash");
    if (!value) return;
    const auto* text = value->if_string();
    // {"value":…,"variant":"sha256_base64"}, as it migrates keys.
    if (const auto* described = value->if_object()) {
        const auto* variant = described->if_contains("variant");
        const auto* held = described->if_contains("value");
        if (variant && held && *variant == "sha256_base64") text = held->if_string();
    }
    if (!text) return from.complain_of("hash", "a SHA-256 in base64 or hexadecimal digits");
    take_hash(from, "hash", std::string_view(*text), key);
}

} // namespace

void read_better_auth(import_members& from, key_by_hash& key) {
    if (const auto hash = from.text("key")) take_hash(from, "key", *hash, key);
    key.key_id = text_of(from, {"id"}).value_or("");
    key.hint = text_of(from, {"start", "prefix"});
    key.name = text_of(from, {"name"});
    key.external_id = text_of(from, {"referenceId", "reference_id", "userId", "user_id"});
    key.enabled = from.foreign_boolean("enabled").value_or(true);
    key.expires_at = time_of(from, {"expiresAt", "expires_at"});
    key.created_at = time_of(from, {"createdAt", "created_at"});
    key.metadata = from.object("metadata", true).value_or("{}");
    if (const auto permissions = from.object("permissions", true))
        take_permissions(from, *permissions, key);

    const auto first_boolean = [&](auto name) { return from.foreign_boolean(name); };
    const auto first_integer = [&](auto name) { return from.integer(name); };
    const auto is_limited = first_of({"rateLimitEnabled", "rate_limit_enabled"}, first_boolean);
    const auto window = first_of({"rateLimitTimeWindow", "rate_limit_time_window"}, first_integer);
    const auto most = first_of({"rateLimitMax", "rate_limit_max"}, first_integer);
    if (is_limited.value_or(true) && window && most) key.rate_limit = rule_of(from, most, window);
    from.refuse_if_set("remaining", budget);
    from.ignore({"configId", "config_id", "refillInterval", "refill_interval", "refillAmount",
                 "refill_amount", "lastRefillAt", "last_refill_at", "requestCount", "request_count",
                 "lastRequest", "last_request", "updatedAt", "updated_at"});
}

void read_unkey(import_members& from, key_by_hash& key) {
    take_unkey_hash(from, key);
    key.key_id = text_of(from, {"keyId", "id", "key_id"}).value_or("");
    key.hint = text_of(from, {"start", "prefix"});
    key.name = text_of(from, {"name"});
    take_identity(from, key);
    const auto holder = text_of(from, {"externalId", "external_id", "ownerId", "owner_id"});
    if (!key.external_id) key.external_id = holder;
    key.enabled = from.foreign_boolean("enabled").value_or(true);
    key.expires_at = time_of(from, {"expires"});
    key.created_at = time_of(from, {"createdAt", "created_at", "created_at_m"});
    key.scopes = from.texts("permissions").value_or(std::vector<std::string>());

    // A role is not a scope: verifications tell it in the metadata.
    const auto meta = from.object("meta", true).value_or("{}");
    const auto roles = from.texts("roles").value_or(std::vector<std::string>());
    auto metadata = crypto::parse_json_object(meta, {});
    if (metadata && !roles.empty()) {
        json::array list(roles.begin(), roles.end());
        if (!metadata->emplace("roles", std::move(list)).second)
            from.complain("\"meta\" has \"roles\" beside the key's own");
    }
    key.metadata = metadata ? json::serialize(*metadata) : meta;

    if (const auto* limit = from.any("ratelimit")) take_unkey_limit(from, *limit, key);
    if (const auto* limits = from.any("ratelimits")) {
        if (const auto* list = limits->if_array())
            for (const auto& one : *list)
                take_unkey_limit(from, one, key);
        else
            from.complain_of("ratelimits", "a list");
    }
    const auto first_integer = [&](auto name) { return from.integer(name); };
    const auto most = first_of({"ratelimit_limit"}, first_integer);
    const auto duration = first_of({"ratelimit_duration"}, first_integer);
    if (most || duration) key.rate_limit = rule_of(from, most, duration);

    for (const auto name : {"remaining", "remaining_requests", "credits"})
        from.refuse_if_set(name, budget);
    for (const auto name : {"deletedAt", "deleted_at", "deleted_at_m"})
        from.refuse_if_set(name, "says that the key is deleted");
    from.refuse_if_set("ipWhitelist", "restricts addresses: give them as \"allowed_ips\" in "
                                      "Latchkey's own format");
    from.ignore({"apiId",       "api_id",     "workspaceId",   "workspace_id",   "for_workspace_id",
                 "key_auth_id", "keyAuthId",  "identityId",    "identity_id",    "environment",
                 "updatedAt",   "updated_at", "updated_at_m",  "lastUsedAt",     "last_used_at",
                 "refill",      "refill_day", "refill_amount", "last_refill_at", "ratelimit_async",
                 "plaintext"});
}

} // namespace latchkey::auth
