#include "pg/connection/random_uuid.hpp"

#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/random.hpp>

#include <array>

namespace latchkey::pg {

core::result<std::string> random_uuid() {
    std::array<std::uint8_t, 16> bytes{};
    if (auto filled = crypto::fill_random(bytes); !filled) return filled.error();
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    auto hex = crypto::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    for (const std::size_t at : {8u, 13u, 18u, 23u})
        hex.insert(at, "-");
    return hex;
}

} // namespace latchkey::pg
