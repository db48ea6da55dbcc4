#pragma once
// What leaves with an export of devices, so that an import elsewhere makes the same devices.

#include <latchkey/auth/device/device_store.hpp>

namespace latchkey::auth {

/// Returns the device as `import_devices` takes it. Fails with a sentence for one that must not
/// leave, since a secret of it is bare, and for one that an import would refuse. Pure.
core::result<new_device> exported(stored_device);

} // namespace latchkey::auth
