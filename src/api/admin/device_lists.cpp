// POST /admin/v1/devices/import: import devices with the stored forms of their secrets
//   {devices:[{device_id, organization_id, device_secret, name?, scopes?, metadata?,
//              previous_secret?, previous_until?, enabled?, revoked_at?, reason?}]}
//   200 {imported, refused:[{index, why}]}   422 more than 1000 devices
// GET /admin/v1/devices/export?organization_id=&limit=&cursor=
//   200 {devices:[as import reads them], skipped:[{device_id, why}], next_cursor}
// POST /admin/v1/devices/rehash: turn a page of bare secrets into stored forms; repeat it with
// `next_cursor`
//   {limit?, cursor?, generated?}; `generated`: the bare secrets are random and need no scrypt
//   200 {rehashed, unusable, changed, next_cursor}
//   422 the configuration does not say what bare secrets are
//   {dry_run:true}: nothing changes, and all of them are counted
//   200 {dry_run, legacy_device_secret, hex_64, like_hex_64, other, as_sha256, as_plaintext,
//        unusable}
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/imported_device.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"
#include "api/admin/reach.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/device/export_devices.hpp>
#include <latchkey/auth/device/import_devices.hpp>
#include <latchkey/auth/device/rehash_devices.hpp>
#include <latchkey/core/text/json_object.hpp>
#include <latchkey/crypto/base64url.hpp>

namespace latchkey::api {

namespace {

using terms::import_max;
constexpr const auto& rehash_fields = admin_requests::rehash_devices;

core::json_value json_of(const auth::device_import& outcome) {
    const auto one = [](const auth::refused_device& d) {
        return core::json_object({{"index", d.index}, {"why", d.why}});
    };
    return core::json_object(
        {{"imported", outcome.imported}, {"refused", core::json_array(outcome.refused, one)}});
}

core::json_value json_of(const auth::rehash_forecast& what) {
    return core::json_object({{"dry_run", true},
                              {"legacy_device_secret", auth::name_of(what.legacy)},
                              {"hex_64", what.counts.hex_64},
                              {"like_hex_64", what.counts.like_hex_64},
                              {"other", what.counts.other},
                              {"as_sha256", what.as_sha256},
                              {"as_plaintext", what.as_plaintext},
                              {"unusable", what.unusable}});
}

core::json_value json_of(const auth::rehashed_page& page) {
    core::json_value next = nullptr;
    if (page.next) next = crypto::encode_base64url(*page.next);
    return core::json_object({{"rehashed", page.rehashed},
                              {"unusable", page.unusable},
                              {"changed", page.changed},
                              {"next_cursor", next}});
}

// Devices as import reads them, and those that stay behind.
class export_writer {
  public:
    void add(auth::stored_device stored) {
        std::string id = stored.shown.device_id;
        const auto device = auth::exported(std::move(stored));
        if (!device) return skip(std::move(id), device.error().message);
        auto json = api::json_of(*device);
        const auto read = read_imported_device(json.text);
        if (!read) return skip(std::move(id), read.error().message);
        devices_.push_back(std::move(json));
    }
    std::string text(const core::json_value& next) const {
        const auto device = [](const core::json_value& json) { return json; };
        const auto skipped = [](const auth::skipped_device& d) {
            return core::json_object({{"device_id", d.device_id}, {"why", d.why}});
        };
        return core::json_object({{"devices", core::json_array(devices_, device)},
                                  {"skipped", core::json_array(skipped_, skipped)},
                                  {"next_cursor", next}})
            .text;
    }

  private:
    void skip(std::string id, std::string why) {
        skipped_.push_back({std::move(id), std::move(why)});
    }

    std::vector<core::json_value> devices_;
    std::vector<auth::skipped_device> skipped_;
};

} // namespace

// The hash of a secret that a person chose can be guessed: it takes more than the right to read.
core::task<reply> export_devices(http::exchange& ex, admin_api& api) {
    if (const auto why = unless_all_may_be_changed(ex)) co_return *why;
    auto page = read_export_page<auth::object_page>(ex.request.query);
    if (!page) co_return http::refusal{400, page.error().message};
    export_writer out;
    if (!limit_to(*page, std::nullopt, api.changes.organization_ids()))
        co_return reply(200, out.text(nullptr));
    const auto limit = page->limit;
    // One more row than asked for shows whether there is a next page.
    ++page->limit;
    auto found = co_await api.devices.export_devices(std::move(*page));
    if (!found) co_return no_page(found.error());
    core::json_value next = nullptr;
    if (found->size() > limit) {
        found->resize(limit);
        next = cursor_after(found->back().place);
    }
    for (auto& device : *found)
        out.add(std::move(device));
    co_return reply(200, out.text(next));
}

core::task<reply> import_devices(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::import_devices;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    const auto& given = body[fields["devices"]].texts;
    if (given.size() > import_max)
        co_return http::refusal{422, "field \"devices\" must have at most " +
                                         std::to_string(import_max) + " elements"};
    std::vector<auth::listed_device> listed;
    std::vector<auth::refused_device> refused;
    for (std::size_t i = 0; i < given.size(); ++i) {
        auto device = read_imported_device(given[i]);
        if (device)
            listed.push_back({i, std::move(*device)});
        else
            refused.push_back({i, device.error().message});
    }

    auto by = asked_by(ex);
    const auto outcome = co_await auth::import_devices(api.devices, api.changes, api.legacy,
                                                       std::move(listed), std::move(refused), by);
    if (!outcome) co_return outcome.error();
    co_return reply(200, json_of(*outcome).text);
}

core::task<reply> rehash_devices(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, rehash_fields, true)) co_return *why;
    if (body[rehash_fields["dry_run"]].boolean) {
        const auto forecast = co_await auth::forecast_rehash(api.devices, api.legacy);
        if (!forecast) co_return forecast.error();
        co_return reply(200, json_of(*forecast).text);
    }
    auth::rehash_page page;
    if (body[rehash_fields["generated"]].boolean) page.form = auth::rehash_to::sha256;
    page.limit = auth::rehash_limit_max(page.form);
    // A negative limit becomes out of range.
    const auto& limit = body[rehash_fields["limit"]];
    if (limit.present) page.limit = static_cast<std::size_t>(limit.integer);
    const auto& cursor = body[rehash_fields["cursor"]];
    if (cursor.present) {
        page.after = crypto::decode_base64url(cursor.text);
        if (!page.after) co_return http::refusal{400, "field \"cursor\" is none that was told"};
    }

    auto by = asked_by(ex);
    const auto rehashed =
        co_await auth::rehash_devices(api.devices, api.elsewhere, api.legacy, std::move(page), by);
    if (!rehashed) co_return rehashed.error();
    co_return reply(200, json_of(*rehashed).text);
}

} // namespace latchkey::api
