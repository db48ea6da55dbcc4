#pragma once
// Which ids of tokens a revocation can name. A token with another id could never be revoked.

#include <cstddef>
#include <string_view>

namespace latchkey::auth {

/// Bytes of a revocation's issuer and value together. More would not fit into an entry of the
/// database's index, which holds a third of a page.
inline constexpr std::size_t revocable_bytes_max = 2560;

/// True if a revocation can name the value, together with the issuer. PostgreSQL's text cannot hold
/// U+0000, and an empty value names nothing. (Both texts are UTF-8.)
constexpr bool is_revocable(std::string_view issuer, std::string_view value) noexcept {
    return !value.empty() && issuer.size() + value.size() <= revocable_bytes_max &&
           value.find('\0') == std::string_view::npos;
}

} // namespace latchkey::auth
