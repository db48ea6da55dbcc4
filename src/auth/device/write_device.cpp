#include <latchkey/auth/device/write_device.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

#include <utility>

namespace latchkey::auth {

operation<rotated_device> rotate_device(device_store& store, change_sink& changes,
                                        std::string device_id, core::seconds overlap,
                                        operator_request& by) {
    if (overlap < core::seconds(0) || overlap > overlap_max)
        co_return invalid("field \"overlap\" must be from 0 to " +
                          std::to_string(overlap_max.count()) + " seconds");
    auto secret = generate_device_secret();
    if (!secret) co_return secret.error();
    device_rotation rotation{std::move(device_id), crypto::secret(sha256_form(secret->reveal())),
                             overlap};

    auto now = co_await store.rotate_device(std::move(rotation), by);
    if (!now) co_return now.error();
    const auto change = change_of_device(now->device_id);
    co_await applied(changes, change);
    co_return rotated_device{std::move(*secret), std::move(*now)};
}

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones.
operation<device> revoke_device(device_store& store, change_sink& changes, std::string device_id,
                                std::optional<std::string> reason, operator_request& by) {
    if (reason && reason->empty()) reason.reset();
    if (reason)
        if (auto wrong = check_reason(*reason)) co_return invalid(*wrong);

    auto revoked = co_await store.revoke_device(std::move(device_id), std::move(reason), by);
    if (!revoked) co_return revoked;
    auto change = change_of_device(revoked->device_id);
    if (revoked->revoked_at)
        change.revocations.push_back(
            revoked_credential(credential_kind::device, revoked->device_id, *revoked->revoked_at));
    co_await applied(changes, change);
    co_return revoked;
}

} // namespace latchkey::auth
