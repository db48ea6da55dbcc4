#pragma once
// The kinds of credential. An API key and a device may have the same id, so a reference to a
// credential includes its kind.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::auth {

enum class credential_kind : std::uint8_t { api_key, device, token };
std::string_view name_of(credential_kind) noexcept;

/// The kinds that tokens are made from.
inline constexpr std::array source_kinds = {credential_kind::api_key, credential_kind::device};
/// Returns nullopt if the name is none of source_kinds, for example one that a later version knows.
std::optional<credential_kind> source_kind_named(std::string_view) noexcept;

} // namespace latchkey::auth
