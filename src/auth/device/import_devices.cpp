#include <latchkey/auth/device/import_devices.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

#include <latchkey/crypto/digest.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace latchkey::auth {

namespace {

std::optional<std::string> check_secret(std::string_view field, const crypto::secret& stored,
                                        legacy_device_secret legacy) {
    if (stored_secret::parse(stored.reveal(), legacy).is_usable()) return std::nullopt;
    return "field \"" + std::string(field) +
           "\" must be \"sha256:\" with 64 hexadecimal digits, a \"scrypt:\" text, or a bare text "
           "as auth.legacy_device_secret says";
}

// Index in the list, by id.
using places = std::map<std::string, std::size_t>;

void add_skipped(device_import& out, const places& of, std::vector<skipped_device>&& skipped) {
    for (auto& one : skipped) {
        const auto found = of.find(one.device_id);
        if (found != of.end()) out.refused.push_back({found->second, std::move(one.why)});
    }
    std::ranges::sort(out.refused, {}, &refused_device::index);
}

} // namespace

std::optional<std::string> complaint_about(const new_device& d, legacy_device_secret legacy) {
    if (auto wrong = check_device_id(d.device_id)) return wrong;
    if (auto wrong = check_identifier("organization_id", d.organization_id)) return wrong;
    if (d.name)
        if (auto wrong = check_name("name", *d.name)) return wrong;
    if (auto wrong = check_scopes(d.scopes)) return wrong;
    if (auto wrong = check_metadata(d.metadata)) return wrong;
    if (d.revoked_reason)
        if (auto wrong = check_reason(*d.revoked_reason)) return wrong;
    if (d.previous)
        if (auto wrong = check_secret("previous_secret", d.previous->stored, legacy)) return wrong;
    return check_secret("device_secret", d.stored_secret, legacy);
}

operation<device_import> import_devices(device_store& store, change_sink& changes,
                                        legacy_device_secret legacy,
                                        std::vector<listed_device> listed,
                                        std::vector<refused_device> refused, operator_request& by) {
    device_import out{0, std::move(refused)};
    places of;
    change_set change;
    std::vector<new_device> good;
    for (auto& [index, device] : listed) {
        if (auto wrong = complaint_about(device, legacy)) {
            out.refused.push_back({index, std::move(*wrong)});
        } else if (!of.emplace(device.device_id, index).second) {
            out.refused.push_back({index, "another one before it has the same \"device_id\""});
        } else {
            change.devices.push_back(crypto::sha256(device.device_id));
            good.push_back(std::move(device));
        }
    }
    imported_devices stored;
    if (!good.empty()) {
        auto outcome = co_await store.import_devices(std::move(good), by);
        if (!outcome) co_return outcome.error();
        stored = std::move(*outcome);
    }
    out.imported = stored.inserted;
    add_skipped(out, of, std::move(stored.skipped));
    if (out.imported > 0) co_await applied(changes, change);
    co_return out;
}

} // namespace latchkey::auth
