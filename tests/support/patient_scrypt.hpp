#pragma once
// Settings of password checks for tests that are not about their time.

#include <latchkey/auth/configuration.hpp>

#include <chrono>

namespace latchkey::test {

/// A check is computed however late its thread gets a core. (It has the lowest priority, so that
/// beside other work it may wait for seconds.)
inline auth::scrypt_configuration patient_scrypt() {
    auth::scrypt_configuration settings;
    settings.wait_max = std::chrono::minutes(10);
    return settings;
}

} // namespace latchkey::test
