#include <latchkey/auth/device/write_device.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

#include <utility>

namespace latchkey::auth {

operation<rotated_device> rotate_device(device_store& store, change_sink& changes,
                                        std::string device_id, core::seconds overlap,
                                        std::optional<std::string> only_organization,
                                        operator_request& by) {
    if (auto wrong = check_overlap(overlap)) co_return invalid(*wrong);
    auto secret = generate_device_secret();
    if (!secret) co_return secret.error();
    device_rotation rotation{std::move(device_id), crypto::secret(sha256_form(secret->reveal())),
                             overlap, std::move(only_organization)};

    auto now = co_await store.rotate_device(std::move(rotation), by);
    if (!now) co_return now.error();
    const auto change = change_of_device(now->device_id);
    co_await applied(changes, change);
    co_return rotated_device{std::move(*secret), std::move(*now)};
}

operation<device> finish_device_rotation(device_store& store, change_sink& changes,
                                         std::string device_id,
                                         std::optional<std::string> only_organization,
                                         operator_request& by) {
    auto now = co_await store.finish_device_rotation(std::move(device_id),
                                                     std::move(only_organization), by);
    if (!now) co_return now;
    const auto change = change_of_device(now->device_id);
    co_await applied(changes, change);
    co_return now;
}

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones. So for a revocation.
operation<device> change_device(device_store& store, change_sink& changes, device_change asked,
                                operator_request& by) {
    if (asked.name)
        if (auto wrong = check_name("name", *asked.name)) co_return invalid(*wrong);
    if (asked.scopes)
        if (auto wrong = check_scopes(*asked.scopes)) co_return invalid(*wrong);
    if (asked.metadata)
        if (auto wrong = check_metadata(*asked.metadata)) co_return invalid(*wrong);

    auto changed = co_await store.change_device(std::move(asked), by);
    if (!changed) co_return changed;
    auto change = change_of_device(changed->device_id);
    note_standing(change, credential_kind::device, changed->device_id, changed->enabled,
                  changed->generation, changed->read_at);
    co_await applied(changes, change);
    co_return changed;
}

operation<device> revoke_device(device_store& store, change_sink& changes, std::string device_id,
                                std::optional<std::string> reason,
                                std::optional<std::string> only_organization,
                                operator_request& by) {
    if (reason && reason->empty()) reason.reset();
    if (reason)
        if (auto wrong = check_reason(*reason)) co_return invalid(*wrong);

    auto revoked = co_await store.revoke_device(std::move(device_id), std::move(reason),
                                                std::move(only_organization), by);
    if (!revoked) co_return revoked;
    auto change = change_of_device(revoked->device_id);
    if (revoked->revoked_at)
        change.revocations.push_back(
            revoked_credential(credential_kind::device, revoked->device_id, *revoked->revoked_at));
    co_await applied(changes, change);
    co_return revoked;
}

} // namespace latchkey::auth
