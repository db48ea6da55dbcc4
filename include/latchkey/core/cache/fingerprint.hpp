#pragma once
// A fingerprint is the SHA-256 of a credential: it is stored, looked up and compared in place of
// the credential.

#include <array>
#include <cstddef>
#include <cstdint>

namespace latchkey::core {

using fingerprint = std::array<std::uint8_t, 32>;

} // namespace latchkey::core
