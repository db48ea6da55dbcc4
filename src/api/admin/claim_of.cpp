#include "api/admin/change_terms.hpp"
#include "api/admin/json_edit.hpp"

#include <latchkey/crypto/digest.hpp>
#include <latchkey/http/field_values.hpp>

#include <array>
#include <string>

namespace latchkey::api {

namespace {

// A collection's path, and what its objects' ids are called.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> collections = {{
    {"/admin/v1/organizations", "organization_id"},
    {"/admin/v1/api-keys", "key_id"},
    {"/admin/v1/devices", "device_id"},
    {"/admin/v1/revocations", "revocation_id"},
}};

std::string digest_of(const std::string& text) {
    const auto digest = crypto::sha256(text);
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Who asks, as far as the next request of the same asker has it as well: not the process, nor a
// key's name.
std::string asker_of(std::string_view actor) {
    const auto kind = value_of(actor, "kind").value_or("");
    std::string out(kind);
    for (const std::string_view name : {"uid", "key_id"})
        out.append(1, ' ').append(value_of(actor, name).value_or(""));
    if (kind == "\"certificate\"") out.append(value_of(actor, "name").value_or(""));
    return out;
}

} // namespace

std::optional<auth::idempotency_claim> claim_of(const http::exchange& ex, std::string_view actor) {
    const auto& asked = ex.request;
    if (asked.method != http::method::post) return std::nullopt;
    const auto key = http::list_of(asked.lines, "idempotency-key");
    if (key.empty()) return std::nullopt;
    auth::idempotency_claim out;
    out.id = digest_of(asker_of(actor) + '\n' + key);
    out.request = digest_of("POST " + std::string(asked.path) + '?' + std::string(asked.query) +
                            '\n' + std::string(asked.body));
    out.ids = "{}";
    for (const auto& [path, name] : collections) {
        if (asked.path == path) out.status = 201;
        if (!ex.path_id.empty() && asked.path.starts_with(path))
            out.ids = core::json_object({{name, ex.path_id}}).text;
    }
    return out;
}

} // namespace latchkey::api
