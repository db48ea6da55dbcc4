#include "api/admin/imported_device.hpp"

#include "api/admin/json_edit.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <utility>

namespace latchkey::api {

namespace {

constexpr const auto& fields = admin_requests::imported_device;

core::failure wrong(std::string what) {
    return {core::failure_kind::invalid, std::move(what)};
}

core::result<std::optional<core::real_time>> time_of(const http::json_body& item,
                                                     std::string_view name, std::size_t field) {
    if (!item[field].present) return std::optional<core::real_time>();
    const auto time = core::parse_rfc3339(item[field].text);
    if (!time)
        return wrong("field \"" + std::string(name) +
                     "\" must be a time such as \"2027-01-01T00:00:00Z\"");
    return time;
}

} // namespace

core::result<auth::new_device> read_imported_device(std::string_view json) {
    http::json_body item;
    if (const auto why = item.read(json, fields)) return wrong(why->detail);
    auth::new_device out;
    take(item[fields["device_id"]], out.device_id);
    take(item[fields["organization_id"]], out.organization_id);
    out.stored_secret = crypto::secret(std::string(item[fields["device_secret"]].text));
    take(item[fields["name"]], out.name);
    take(item[fields["scopes"]], out.scopes);
    take(item[fields["metadata"]], out.metadata);
    const auto& enabled = item[fields["enabled"]];
    out.enabled = !enabled.present || enabled.boolean;

    const auto revoked_at = time_of(item, "revoked_at", fields["revoked_at"]);
    if (!revoked_at) return revoked_at.error();
    out.revoked_at = *revoked_at;
    take(item[fields["reason"]], out.revoked_reason);
    if (out.revoked_reason && !out.revoked_at)
        return wrong("field \"reason\" is of a revoked device: it needs \"revoked_at\"");

    const auto& previous = item[fields["previous_secret"]];
    const auto until = time_of(item, "previous_until", fields["previous_until"]);
    if (!until) return until.error();
    if (previous.present != until->has_value())
        return wrong("fields \"previous_secret\" and \"previous_until\" need each other");
    if (*until) out.previous = {crypto::secret(std::string(previous.text)), **until};
    return out;
}

core::json_value json_of(const auth::new_device& d) {
    auto out = core::json_object({{"device_id", d.device_id},
                                  {"organization_id", d.organization_id},
                                  {"device_secret", d.stored_secret.reveal()},
                                  {"name", d.name},
                                  {"scopes", d.scopes},
                                  {"metadata", core::compact_json(d.metadata)},
                                  {"enabled", d.enabled}});
    if (d.previous)
        add_members(out.text, {{"previous_secret", d.previous->stored.reveal()},
                               {"previous_until", d.previous->until}});
    if (d.revoked_at)
        add_members(out.text, {{"revoked_at", *d.revoked_at}, {"reason", d.revoked_reason}});
    return out;
}

} // namespace latchkey::api
