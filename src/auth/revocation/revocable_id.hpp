#pragma once
// What a token says of itself must be something that a revocation can name.

#include <cstddef>
#include <string_view>

namespace latchkey::auth {

/// Bytes of a revocation's issuer and value together: more would not fit into an entry of the
/// database's index, which holds a third of a page.
inline constexpr std::size_t revocable_bytes_max = 2560;

/// Can a revocation name it, beside the issuer? PostgreSQL's text holds no U+0000, and what is
/// empty is nobody's. (Both are UTF-8.)
constexpr bool is_revocable(std::string_view issuer, std::string_view value) noexcept {
    return !value.empty() && issuer.size() + value.size() <= revocable_bytes_max &&
           value.find('\0') == std::string_view::npos;
}

} // namespace latchkey::auth
