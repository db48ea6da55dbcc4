#include "api/admin/change_terms.hpp"
#include "api/admin/json_edit.hpp"

#include <latchkey/api/principal.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/http/field_values.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace latchkey::api {

namespace {

// A collection's path, and what its objects' ids are called.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> collections = {{
    {"/admin/v1/organizations", "organization_id"},
    {"/admin/v1/api-keys", "key_id"},
    {"/admin/v1/devices", "device_id"},
    {"/admin/v1/roles", "role_id"},
    {"/admin/v1/revocations", "revocation_id"},
}};

std::string digest_of(const std::string& text) {
    const auto digest = crypto::sha256(text);
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

constexpr std::array<std::string_view, 3> secret_members = {"api_key", "device_secret",
                                                            "previous_secret"};

// A name with escapes may be one of them.
bool may_be_secret(std::string_view name) {
    return name.find('\\') != name.npos || std::ranges::count(secret_members, name) > 0;
}

// The position behind the string that begins at `at`.
std::size_t end_of_string(std::string_view json, std::size_t at) {
    for (++at; at < json.size() && json[at] != '"'; ++at)
        if (json[at] == '\\') ++at;
    return std::min(at + 1, json.size());
}

// The body, in which secrets are empty. Even a digest must not be kept of a secret that somebody
// has chosen: it could be guessed from it.
std::string without_secrets(std::string_view json) {
    std::string out;
    bool is_secret = false; // the next string that is not a name
    for (std::size_t at = 0; at < json.size();) {
        if (json[at] != '"') {
            out += json[at++];
            continue;
        }
        const auto end = end_of_string(json, at);
        const auto text = json.substr(at, end - at);
        const auto next = json.find_first_not_of(" \t\r\n", end);
        const bool is_name = next != json.npos && json[next] == ':';
        out += is_secret && !is_name ? "\"\"" : text;
        is_secret = is_name && text.size() > 2 && may_be_secret(text.substr(1, text.size() - 2));
        at = end;
    }
    return out;
}

// Who asks, as far as the next request of the same asker has it as well: not the process, nor a
// key's name. What was answered while it reached all organizations is not for it once it is bound
// to one.
std::string asker_of(const http::exchange& ex, std::string_view actor) {
    const auto kind = value_of(actor, "kind").value_or("");
    std::string out(kind);
    for (const std::string_view name : {"uid", "key_id"})
        out.append(1, ' ').append(value_of(actor, name).value_or(""));
    if (kind == "\"certificate\"") out.append(value_of(actor, "name").value_or(""));
    if (const auto only = organization_bound(ex)) out.append(" of ").append(*only);
    return out;
}

} // namespace

std::optional<auth::idempotency_claim> claim_of(const http::exchange& ex, std::string_view actor) {
    const auto& asked = ex.request;
    if (asked.method != http::method::post) return std::nullopt;
    const auto key = http::list_of(asked.lines, "idempotency-key");
    if (key.empty()) return std::nullopt;
    auth::idempotency_claim out;
    out.id = digest_of(asker_of(ex, actor) + '\n' + key);
    out.request = digest_of("POST " + std::string(asked.path) + '?' + std::string(asked.query) +
                            '\n' + without_secrets(asked.body));
    out.ids = "{}";
    for (const auto& [path, name] : collections) {
        if (asked.path == path) out.status = 201;
        if (!ex.path_id.empty() && asked.path.starts_with(path))
            out.ids = core::json_object({{name, ex.path_id}}).text;
    }
    return out;
}

} // namespace latchkey::api
