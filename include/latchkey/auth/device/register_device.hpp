#pragma once
// The operator's registration of a device.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/core/slow_work.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

inline constexpr std::size_t chosen_secret_length_min = 8; ///< bytes

struct register_device_request {
    std::string organization_id;
    std::string name;
    std::optional<std::string> device_id; ///< one is made if unset
    std::vector<std::string> scopes;
    std::string metadata = "{}";          ///< a JSON object
    std::optional<crypto::secret> secret; ///< chosen by a person; one is made if unset
};

struct registered_device {
    crypto::secret device_secret; ///< shown once; empty if a person chose it
    new_device stored;
    core::real_time created_at;
};

/// As it is shown from then on.
device as_stored(const registered_device&);

/// Checks the input and stores the device: a secret that was made here as its SHA-256, one that a
/// person chose as its scrypt form. Ends once this process has applied the change. The failure
/// `invalid` names the field; others are device_store's. Control thread.
operation<registered_device> register_device(device_store&, change_sink&, const core::slow_work&,
                                             register_device_request, operator_request& by);

} // namespace latchkey::auth
