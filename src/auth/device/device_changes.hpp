#pragma once
// What operators change of devices, as this process obeys it before the feed tells.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/crypto/digest.hpp>

#include <string>

namespace latchkey::auth {

inline change_set change_of_device(const std::string& device_id) {
    change_set change;
    change.devices.push_back(crypto::sha256(device_id));
    return change;
}

} // namespace latchkey::auth
