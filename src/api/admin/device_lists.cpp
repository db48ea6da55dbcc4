// POST /admin/v1/devices/import: import devices with the stored forms of their secrets
//   {devices:[{device_id, organization_id, device_secret, name?, scopes?, metadata?}]}
//   200 {imported, refused:[{index, why}]}   422 more than 1000 devices
// POST /admin/v1/devices/rehash: turn a page of bare secrets into stored forms; repeat it with
// `next_cursor`
//   {limit?, cursor?, generated?}; `generated`: the bare secrets are random and need no scrypt
//   200 {rehashed, unusable, changed, next_cursor}
//   422 the configuration does not say what bare secrets are
//   {dry_run:true}: nothing changes, and all of them are counted
//   200 {dry_run, legacy_device_secret, hex_64, like_hex_64, other, as_sha256, as_plaintext,
//        unusable}
#include "api/admin/endpoints.hpp"
#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/device/import_devices.hpp>
#include <latchkey/auth/device/rehash_devices.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <array>

namespace latchkey::api {

namespace {

constexpr std::size_t import_max = 1000;
constexpr std::array<http::json_field, 1> import_fields = {
    {{"devices", http::json_kind::objects, true}}};

enum : std::size_t { device_id, organization_id, device_secret, name, scopes, metadata };
constexpr std::array<http::json_field, 6> item_fields = {
    {{"device_id", http::json_kind::text, true},
     {"organization_id", http::json_kind::text, true},
     {"device_secret", http::json_kind::text, true},
     {"name", http::json_kind::text},
     {"scopes", http::json_kind::texts},
     {"metadata", http::json_kind::object}}};

auth::new_device read_item(const http::json_body& item) {
    auth::new_device out;
    out.device_id = item[device_id].text;
    out.organization_id = item[organization_id].text;
    out.stored_secret = crypto::secret(std::string(item[device_secret].text));
    if (item[name].present) out.name = item[name].text;
    out.scopes.assign(item[scopes].texts.begin(), item[scopes].texts.end());
    if (item[metadata].present) out.metadata = item[metadata].text;
    return out;
}

void answer_imported(http::exchange& ex, const auth::device_import& outcome) {
    std::string out = R"({"imported":)" + std::to_string(outcome.imported) + R"(,"refused":[)";
    for (const auto& one : outcome.refused) {
        if (out.back() == '}') out += ',';
        out += R"({"index":)" + std::to_string(one.index) + R"(,"why":)";
        core::append_json_string(out, one.why);
        out += '}';
    }
    out += "]}";
    ex.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
}

enum : std::size_t { limit, cursor, generated, dry_run };
constexpr std::array<http::json_field, 4> rehash_fields = {{{"limit", http::json_kind::integer},
                                                            {"cursor", http::json_kind::text},
                                                            {"generated", http::json_kind::boolean},
                                                            {"dry_run", http::json_kind::boolean}}};

void answer_forecast(http::exchange& ex, const auth::rehash_forecast& what) {
    std::string out = R"({"dry_run":true,"legacy_device_secret":)";
    core::append_json_string(out, auth::name_of(what.legacy));
    const auto count = [&](std::string_view name, std::size_t value) {
        (out += ',') += '"';
        out.append(name) += R"(":)" + std::to_string(value);
    };
    count("hex_64", what.counts.hex_64);
    count("like_hex_64", what.counts.like_hex_64);
    count("other", what.counts.other);
    count("as_sha256", what.as_sha256);
    count("as_plaintext", what.as_plaintext);
    count("unusable", what.unusable);
    out += '}';
    ex.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
}

void answer_rehashed(http::exchange& ex, const auth::rehashed_page& page) {
    std::string out = R"({"rehashed":)" + std::to_string(page.rehashed);
    out += R"(,"unusable":)" + std::to_string(page.unusable);
    out += R"(,"changed":)" + std::to_string(page.changed) + R"(,"next_cursor":)";
    if (page.next)
        core::append_json_string(out, crypto::encode_base64url(*page.next));
    else
        out += "null";
    out += '}';
    ex.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void import_devices(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, import_fields)) return;
    const auto& given = body[0].texts;
    if (given.size() > import_max)
        return ex.refuse(422, "field \"devices\" must have at most " + std::to_string(import_max) +
                                  " elements");
    std::vector<auth::listed_device> listed;
    std::vector<auth::refused_device> refused;
    http::json_body item;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (const auto why = item.read(given[i], item_fields))
            refused.push_back({i, why->detail});
        else
            listed.push_back({i, read_item(item)});
    }
    pending_change<auth::device_import>::begin(ex, answer_imported, [&](auto done) {
        auth::import_devices(api.devices, api.changes, api.legacy, std::move(listed),
                             std::move(refused), std::move(done));
    });
}

void rehash_devices(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, rehash_fields, true)) return;
    if (body[dry_run].boolean)
        return pending_change<auth::rehash_forecast>::begin(ex, answer_forecast, [&](auto done) {
            auth::forecast_rehash(api.devices, api.legacy, std::move(done));
        });
    auth::rehash_page page;
    if (body[generated].boolean) page.form = auth::rehash_to::sha256;
    page.limit = auth::rehash_limit_max(page.form);
    // A negative limit becomes out of range.
    if (body[limit].present) page.limit = static_cast<std::size_t>(body[limit].integer);
    if (body[cursor].present) {
        page.after = crypto::decode_base64url(body[cursor].text);
        if (!page.after) return ex.refuse(400, "field \"cursor\" is none that was told");
    }
    pending_change<auth::rehashed_page>::begin(ex, answer_rehashed, [&](auto done) {
        auth::rehash_devices(api.devices, api.elsewhere, api.legacy, std::move(page),
                             std::move(done));
    });
}

} // namespace latchkey::api
