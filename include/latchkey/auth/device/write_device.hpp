#pragma once
// The operator's rotation of a device's secret, change of a device, and revocation of it.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/auth/rotation.hpp>

#include <optional>
#include <string>

namespace latchkey::auth {

struct rotated_device {
    crypto::secret device_secret; ///< shown once
    device now;
};

/// Makes another secret; the one before it stays good for `overlap`. Ends once this process
/// has applied the change. The failure `invalid` names the field; others are device_store's.
/// Control thread.
operation<rotated_device> rotate_device(device_store&, change_sink&, std::string device_id,
                                        core::seconds overlap,
                                        std::optional<std::string> only_organization,
                                        operator_request& by);

/// Checks the input as at a registration and changes the device. Ends once this process has applied
/// the change; the feed tells the other nodes. The failure `invalid` names the field; others are
/// device_store's. Control thread.
operation<device> change_device(device_store&, change_sink&, device_change, operator_request& by);

/// Ends the secret before the last rotation now. Control thread.
operation<device> finish_device_rotation(device_store&, change_sink&, std::string device_id,
                                         std::optional<std::string> only_organization,
                                         operator_request& by);

/// Checks the reason and revokes the device, with the tokens that were made from it. An empty
/// reason counts as none. Ends once this process has applied the change; the feed tells the
/// other nodes. Control thread.
operation<device> revoke_device(device_store&, change_sink&, std::string device_id,
                                std::optional<std::string> reason,
                                std::optional<std::string> only_organization, operator_request& by);

} // namespace latchkey::auth
