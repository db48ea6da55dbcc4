#include <latchkey/auth/device/export_devices.hpp>

#include "auth/checks.hpp"

#include <latchkey/auth/device/import_devices.hpp>

#include <utility>

namespace latchkey::auth {

namespace {

// Returns nullopt if its secrets may leave.
std::optional<std::string> complaint_about_secrets(const stored_device& d) {
    if (d.shown.secret_form == device_secret_form::none) return "it has no secret";
    if (d.secret.empty())
        return "its secret is stored as it is, not by its hash: run \"latchkey device rehash\"";
    if (d.shown.previous && d.previous_secret.empty())
        return "its secret from before the last rotation is stored as it is, not by its hash: run "
               "\"latchkey device rehash\", or end that secret (device rotate --finish)";
    if (d.shown.previous && d.shown.previous->until == core::real_time::max())
        return "its secret from before the last rotation has no end: end it (device rotate "
               "--finish)";
    return std::nullopt;
}

} // namespace

core::result<new_device> exported(stored_device d) {
    if (auto wrong = complaint_about_secrets(d)) return invalid(std::move(*wrong));
    auto& shown = d.shown;
    new_device out;
    out.device_id = std::move(shown.device_id);
    out.organization_id = std::move(shown.organization_id);
    // The older service may have written an empty name, which no import takes.
    if (shown.name && !shown.name->empty()) out.name = std::move(shown.name);
    out.scopes = std::move(shown.scopes);
    out.metadata = std::move(shown.metadata);
    out.stored_secret = std::move(d.secret);
    if (shown.previous) out.previous = {std::move(d.previous_secret), shown.previous->until};
    out.enabled = shown.enabled;
    out.revoked_at = shown.revoked_at;
    if (shown.revoked_at) out.revoked_reason = std::move(shown.revoked_reason);
    // An import elsewhere may read no bare texts.
    if (auto wrong = complaint_about(out, legacy_device_secret::unset))
        return invalid(std::move(*wrong));
    return out;
}

} // namespace latchkey::auth
