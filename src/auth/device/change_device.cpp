#include <latchkey/auth/device/change_device.hpp>

#include "auth/checks.hpp"
#include "auth/device/device_changes.hpp"

#include <memory>
#include <utility>

namespace latchkey::auth {

void rotate_device(device_store& store, change_sink& changes, std::string device_id,
                   core::seconds overlap, device_store::completion<rotated_device> done) {
    if (overlap < core::seconds(0) || overlap > overlap_max)
        return done(core::failure{core::failure_kind::invalid,
                                  "field \"overlap\" must be from 0 to " +
                                      std::to_string(overlap_max.count()) + " seconds"});
    auto secret = generate_device_secret();
    if (!secret) return done(secret.error());
    device_rotation rotation{std::move(device_id), crypto::secret(sha256_form(secret->reveal())),
                             overlap};
    const auto made = std::make_shared<rotated_device>();
    made->device_secret = std::move(*secret);
    const auto obey = [&changes, made, done = std::move(done)](core::result<device> outcome) {
        if (!outcome) return done(outcome.error());
        made->now = std::move(*outcome);
        changes.apply(change_of_device(made->now.device_id),
                      [made, done] { done(std::move(*made)); });
    };
    store.rotate_device(std::move(rotation), obey);
}

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones.
void revoke_device(device_store& store, change_sink& changes, std::string device_id,
                   std::optional<std::string> reason, device_store::completion<device> done) {
    if (reason && reason->empty()) reason.reset();
    if (reason)
        if (auto wrong = check_reason(*reason))
            return done(core::failure{core::failure_kind::invalid, *wrong});
    const auto obey = [&changes, done = std::move(done)](core::result<device> outcome) {
        if (!outcome) return done(std::move(outcome));
        auto change = change_of_device(outcome->device_id);
        if (outcome->revoked_at)
            change.revocations.push_back({{revocation_kind::credential,
                                           {},
                                           outcome->device_id,
                                           {},
                                           {},
                                           *outcome->revoked_at,
                                           credential_kind::device},
                                          false});
        changes.apply(change, [done, outcome = std::move(outcome)] { done(outcome); });
    };
    store.revoke_device(std::move(device_id), std::move(reason), obey);
}

} // namespace latchkey::auth
