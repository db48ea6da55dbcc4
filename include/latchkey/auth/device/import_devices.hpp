#pragma once
// The operator's import of many devices at once.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/device/device_store.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace latchkey::auth {

struct refused_device {
    std::size_t index = 0; ///< in the given list, from 0
    std::string why;       ///< one sentence
};
struct device_import {
    std::size_t imported = 0;
    std::vector<refused_device> refused; ///< sorted by index
};

/// A device with its place in a list.
struct listed_device {
    std::size_t index = 0;
    new_device device;
};

/// Returns what is wrong with a device that is to be imported, as a sentence, or nullopt. `legacy`
/// decides which bare texts pass: one that would be unusable is refused.
std::optional<std::string> complaint_about(const new_device&, legacy_device_secret legacy,
                                           core::real_time now);

/// Stores the devices that are correct and not there yet. The answer names the others, together
/// with those in `refused`. Ends once this process has applied the change. Control thread.
operation<device_import> import_devices(device_store&, change_sink&, legacy_device_secret legacy,
                                        std::vector<listed_device>,
                                        std::vector<refused_device> refused, operator_request& by);

} // namespace latchkey::auth
