#pragma once
// Changes of devices by operators, in the form in which this process applies them before the feed
// reports them.

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
