#include <latchkey/auth/api_key/import_formats.hpp>

#include "auth/api_key/foreign_formats.hpp"
#include "auth/api_key/import_members.hpp"
#include "auth/checks.hpp"

#include <latchkey/auth/api_key/create_api_key.hpp>
#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/auth/input_bounds.hpp>
#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/json_object.hpp>

#include <boost/json/object.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

namespace json = boost::json;

constexpr crypto::json_limits limits{.bytes_max = 65536, .depth_max = 16, .names_max = 1024};
constexpr std::size_t hint_length_max = 16;

std::optional<core::fingerprint> fingerprint_of(std::string_view bytes) {
    core::fingerprint out{};
    if (bytes.size() != out.size()) return std::nullopt;
    std::ranges::transform(bytes, out.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    return out;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode_hex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::optional<core::rate_rule> read_limit(import_members& from, bool& is_fleet) {
    const auto* value = from.any("rate_limit");
    if (!value) return std::nullopt;
    const auto* limit = value->if_object();
    if (!limit) return from.complain_of("rate_limit", "an object"), std::nullopt;
    import_members members(*limit);
    const auto quantity = members.integer("quantity");
    const auto window = members.integer("window");
    const auto burst = members.integer("burst");
    const auto scope = members.text("scope").value_or("node");
    is_fleet = scope == rate_scope_name(true);
    if (!is_fleet && scope != rate_scope_name(false)) members.complain_of("scope", "node or fleet");
    if (const auto& wrong = members.finish(); !wrong.empty())
        return from.complain("\"rate_limit\": " + wrong), std::nullopt;
    return rule_or_complaint(from, quantity, window, burst, is_fleet);
}

// {key_hash, prefix|hint, key_id, organization_id, name, external_id, scopes, metadata,
//  allowed_ips, enabled, expires_at, revoked_at, reason, rate_limit, created_at}
void read_own(import_members& from, key_by_hash& key) {
    if (const auto hash = from.text("key_hash")) take_hash(from, "key_hash", *hash, key);
    key.key_id = from.text("key_id").value_or("");
    key.hint = from.text("hint");
    const auto prefix = from.text("prefix");
    if (!key.hint) key.hint = prefix;
    key.organization_id = from.text("organization_id").value_or("");
    key.name = from.text("name");
    key.external_id = from.text("external_id");
    key.scopes = from.texts("scopes").value_or(std::vector<std::string>());
    key.metadata = from.object("metadata").value_or("{}");
    key.allowed_networks = from.texts("allowed_ips").value_or(std::vector<std::string>());
    key.enabled = from.boolean("enabled").value_or(true);
    key.expires_at = from.time("expires_at");
    key.revoked_at = from.time("revoked_at");
    key.revoked_reason = from.text("reason");
    key.rate_limit = read_limit(from, key.rate_limit_is_fleet);
    key.created_at = from.time("created_at");
    if (key.revoked_reason && !key.revoked_at) from.complain("\"reason\" goes with \"revoked_at\"");
}

std::optional<std::string> check(const key_by_hash& key) {
    if (key.organization_id.empty())
        return "it names no organization: name one with \"organization_id\", or for all of them "
               "with --organization";
    if (auto wrong = check_identifier("organization_id", key.organization_id)) return wrong;
    if (auto wrong = check_name("key_id", key.key_id)) return wrong;
    if (key.name)
        if (auto wrong = check_name("name", *key.name)) return wrong;
    if (key.external_id)
        if (auto wrong = check_name("external_id", *key.external_id)) return wrong;
    if (key.revoked_reason)
        if (auto wrong = check_reason(*key.revoked_reason)) return wrong;
    if (auto wrong = check_scopes(key.scopes)) return wrong;
    if (auto wrong = check_networks(key.allowed_networks)) return wrong;
    return check_metadata(key.metadata);
}

// A hint must not become the key itself.
void settle_hint(std::optional<std::string>& hint) {
    if (!hint) return;
    const bool shows = std::ranges::all_of(*hint, [](char c) { return c > ' ' && c <= '~'; });
    if (hint->empty() || !shows)
        hint.reset();
    else if (hint->size() > hint_length_max)
        hint->resize(hint_length_max);
}

std::vector<std::string> strip(std::vector<std::string>& scopes) {
    std::vector<std::string> out;
    std::ranges::copy_if(scopes, std::back_inserter(out), is_reserved_scope);
    drop_reserved_scopes(scopes);
    return out;
}

} // namespace

std::optional<key_import_format> key_import_format_of(std::string_view name) {
    const auto found = std::ranges::find(key_import_formats, name);
    if (found == key_import_formats.end()) return std::nullopt;
    return static_cast<key_import_format>(found - key_import_formats.begin());
}

std::optional<core::fingerprint> read_key_hash(std::string_view text) {
    if (text.size() == 64) {
        const auto bytes = decode_hex(text);
        return bytes ? fingerprint_of(*bytes) : std::nullopt;
    }
    std::string url(text);
    if (url.size() == 44 && url.ends_with('=')) url.pop_back();
    if (url.size() != 43) return std::nullopt;
    std::ranges::replace(url, '+', '-');
    std::ranges::replace(url, '/', '_');
    const auto bytes = crypto::decode_base64url(url);
    return bytes ? fingerprint_of(*bytes) : std::nullopt;
}

void take_hash(import_members& from, std::string_view name, std::string_view text,
               key_by_hash& key) {
    if (const auto hash = read_key_hash(text))
        key.key_hash = *hash;
    else
        from.complain_of(name, "a SHA-256 as 64 hexadecimal digits or in base64url");
}

std::optional<core::rate_rule> rule_or_complaint(import_members& from,
                                                 std::optional<std::int64_t> quantity,
                                                 std::optional<std::int64_t> window_s,
                                                 std::optional<std::int64_t> burst, bool is_fleet) {
    const auto rule =
        rate_rule_of({quantity.value_or(0), core::seconds(window_s.value_or(0)), burst, is_fleet});
    if (rule) return *rule;
    from.complain(rule.error().message);
    return std::nullopt;
}

core::result<readable_key> read_key(std::string_view text, key_import_format format,
                                    const std::optional<std::string>& organization) {
    const auto given = crypto::parse_json_object(text, limits);
    if (!given) return given.error();
    import_members from(*given);
    readable_key out;
    auto& key = out.key;
    switch (format) {
    case key_import_format::latchkey:
        read_own(from, key);
        break;
    case key_import_format::better_auth:
        read_better_auth(from, key);
        break;
    case key_import_format::unkey:
        read_unkey(from, key);
        break;
    }
    if (const auto& wrong = from.finish(); !wrong.empty()) return invalid(wrong);
    if (key.key_hash == core::fingerprint{}) return invalid("it has no hash");
    if (key.organization_id.empty()) key.organization_id = organization.value_or("");
    if (key.key_id.empty()) {
        const std::string bytes(key.key_hash.begin(), key.key_hash.end());
        key.key_id = "key_" + crypto::to_hex(crypto::sha256(bytes)).substr(0, 24);
    }
    settle_hint(key.hint);
    out.stripped = strip(key.scopes);
    if (auto wrong = check(key)) return invalid(*wrong);
    return out;
}

} // namespace latchkey::auth
