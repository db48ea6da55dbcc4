#include <latchkey/auth/credential_kind.hpp>

#include <array>
#include <cstddef>

namespace latchkey::auth {

std::string_view name_of(credential_kind kind) noexcept {
    constexpr std::array<std::string_view, 3> names = {"api_key", "device", "token"};
    return names[static_cast<std::size_t>(kind)];
}

std::optional<credential_kind> source_kind_named(std::string_view name) noexcept {
    for (const auto kind : source_kinds)
        if (name_of(kind) == name) return kind;
    return std::nullopt;
}

} // namespace latchkey::auth
