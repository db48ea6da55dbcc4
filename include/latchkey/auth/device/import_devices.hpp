#pragma once

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/device/device_store.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace latchkey::auth {

struct refused_device {
    std::size_t index = 0; ///< in the list that was given, from 0
    std::string why;       ///< a sentence
};
struct device_import {
    std::size_t imported = 0;
    std::vector<refused_device> refused; ///< by index
};

/// A device with its place in a list.
struct listed_device {
    std::size_t index = 0;
    new_device device;
};

/// What is wrong with a device that is to be imported, as a sentence. A bare text passes as
/// `legacy` says: what would be unusable is refused.
std::optional<std::string> complaint_about(const new_device&, legacy_device_secret legacy);

/// Stores those that are in order and not there yet, and names the others behind those that
/// `refused` has already. Answers once this process obeys. Control thread.
void import_devices(device_store&, change_sink&, legacy_device_secret legacy,
                    std::vector<listed_device>, std::vector<refused_device> refused,
                    device_store::completion<device_import>);

} // namespace latchkey::auth
