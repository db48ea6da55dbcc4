#pragma once

#include <latchkey/auth/device/device_secret.hpp>

namespace latchkey::auth {

/// Section [auth].
struct configuration {
    bool accept_foreign_keys = true; ///< look up keys that are not of our own shape
    auth::legacy_device_secret legacy_device_secret =
        auth::legacy_device_secret::unset; ///< what a bare text in the database is
};

} // namespace latchkey::auth
