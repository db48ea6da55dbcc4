#pragma once
// A signing key of our own as it is stored.

#include <latchkey/auth/token/signing_plan.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

inline constexpr std::array<std::string_view, 4> signing_key_states = {"next", "current",
                                                                       "retiring", "retired"};

constexpr std::string_view name_of(signing_key_state state) {
    return signing_key_states[static_cast<std::size_t>(state)];
}
constexpr std::optional<signing_key_state> signing_key_state_named(std::string_view name) {
    for (std::size_t i = 0; i < signing_key_states.size(); ++i)
        if (signing_key_states[i] == name) return static_cast<signing_key_state>(i);
    return std::nullopt;
}

struct signing_key {
    signing_key_times times;
    std::string public_jwk; ///< JSON; empty for a symmetric key
    std::string sealed;     ///< private JWK, sealed with the key-encryption key; empty if retired
    std::string kek_id;     ///< id of the key-encryption key
};

/// A signing key to be stored.
struct new_signing_key {
    std::string key_id;
    crypto::jws_algorithm algorithm{};
    std::string public_jwk;
    std::string sealed;
    std::string kek_id;
};

} // namespace latchkey::auth
