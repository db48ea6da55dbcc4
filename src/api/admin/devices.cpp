// POST /admin/v1/devices: register a device; a secret that is made here is shown once, in the
// answer
//   {organization_id, name, device_id?, scopes?, metadata?, device_secret?}
//   201 {device_id, device_secret, organization_id, name, scopes, metadata, created_at}
//   404 no such organization   409 there is one with this id   422 bad input
// GET /admin/v1/devices?limit=&cursor=
//   200 {devices:[…], next_cursor}
// GET /admin/v1/devices/{id}
//   200 {device_id, organization_id, name, scopes, metadata, status, secret_form, previous_until,
//        revoked_at, reason}   404
#include "api/admin/endpoints.hpp"

#include "api/admin/device_json.hpp"
#include "api/admin/page.hpp"
#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/device/register_device.hpp>
#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <array>

namespace latchkey::api {

namespace {

using core::append_member;

enum : std::size_t { organization_id, name, device_id, scopes, metadata, device_secret };
constexpr std::array<http::json_field, 6> fields = {
    {{"organization_id", http::json_kind::text, true},
     {"name", http::json_kind::text, true},
     {"device_id", http::json_kind::text},
     {"scopes", http::json_kind::texts},
     {"metadata", http::json_kind::object},
     {"device_secret", http::json_kind::text}}};

auth::register_device_request read(const http::json_body& body) {
    auth::register_device_request asked;
    asked.organization_id = body[organization_id].text;
    asked.name = body[name].text;
    if (body[device_id].present) asked.device_id = body[device_id].text;
    asked.scopes.assign(body[scopes].texts.begin(), body[scopes].texts.end());
    if (body[metadata].present) asked.metadata = body[metadata].text;
    if (body[device_secret].present)
        asked.secret = crypto::secret(std::string(body[device_secret].text));
    return asked;
}

void answer_registered(http::exchange& ex, const auth::registered_device& made) {
    const auto& row = made.stored;
    std::string out;
    append_member(out, R"({"device_id":)", row.device_id);
    out += R"(,"device_secret":)";
    if (made.device_secret.empty())
        out += "null";
    else
        core::append_json_string(out, made.device_secret.reveal());
    append_member(out, R"(,"organization_id":)", row.organization_id);
    append_member(out, R"(,"name":)", row.name);
    append_member(out, R"(,"scopes":)", row.scopes);
    out += R"(,"metadata":)";
    core::append_compact_json(out, row.metadata);
    append_member(out, R"(,"created_at":)", made.created_at);
    out += '}';
    ex.answer(201, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void register_device(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, fields)) return;
    pending_change<auth::registered_device>::begin(ex, answer_registered, [&](auto done) {
        auth::register_device(api.devices, api.changes, api.elsewhere, read(body), std::move(done));
    });
}

// A cursor is an id in base64url, because ids of the older service may hold any characters.
void list_devices(http::exchange& ex, admin_api& api) {
    const auto asked = read_page(ex.request.query);
    if (!asked) return ex.refuse(400, asked.error().message);
    std::optional<std::string> after;
    if (asked->cursor) {
        after = crypto::decode_base64url(*asked->cursor);
        if (!after) return ex.refuse(400, "\"cursor\" is none that a page before has told");
    }
    const auto limit = asked->limit;
    const auto answer_page = [limit](http::exchange& to, std::vector<auth::device>& page) {
        const auto cursor_of = [](const auth::device& d) {
            return crypto::encode_base64url(d.device_id);
        };
        to.answer(200, http::json_type,
                  write_page("devices", page, limit, append_device, cursor_of),
                  "Cache-Control: no-store\r\n");
    };
    pending_change<std::vector<auth::device>>::begin(ex, answer_page, [&](auto done) {
        // One more row than asked for shows whether there is a next page.
        api.devices.list_devices({limit + 1, std::move(after)}, std::move(done));
    });
}

void show_device(http::exchange& ex, admin_api& api) {
    pending_change<auth::device>::begin(ex, answer_device, [&](auto done) {
        api.devices.show_device(std::string(ex.path_id), std::move(done));
    });
}

} // namespace latchkey::api
