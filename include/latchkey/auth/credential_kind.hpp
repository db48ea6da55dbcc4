#pragma once
// What a credential is. An API key and a device may have the same id: who names one names its kind,
// too.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::auth {

enum class credential_kind : std::uint8_t { api_key, device, token };
std::string_view name_of(credential_kind) noexcept;

/// Of those that tokens are made from.
inline constexpr std::array source_kinds = {credential_kind::api_key, credential_kind::device};
/// Nothing: it is none of them, or one that a later version knows.
std::optional<credential_kind> source_kind_named(std::string_view) noexcept;

} // namespace latchkey::auth
