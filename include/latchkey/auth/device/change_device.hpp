#pragma once

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/device/device_store.hpp>

#include <optional>
#include <string>

namespace latchkey::auth {

inline constexpr core::seconds overlap_max{std::chrono::hours(24) * 90};

struct rotated_device {
    crypto::secret device_secret; ///< shown once
    device now;
};

/// Makes another secret; the one before it stays good for `overlap`. Answers once this process
/// obeys. `invalid` names the field, and else as device_store says. Control thread.
void rotate_device(device_store&, change_sink&, std::string device_id, core::seconds overlap,
                   device_store::completion<rotated_device>);

/// Checks the reason and revokes the device, with the tokens that were made from it. An empty
/// reason is none. Answers once this process obeys; the other nodes hear of it by the feed. Control
/// thread.
void revoke_device(device_store&, change_sink&, std::string device_id,
                   std::optional<std::string> reason, device_store::completion<device>);

} // namespace latchkey::auth
