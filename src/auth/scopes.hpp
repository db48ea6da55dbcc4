#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// True if each of the asked scopes is among the granted ones, which are sorted.
inline bool scopes_granted(std::span<const std::string> granted,
                           std::span<const std::string_view> asked) {
    return std::ranges::all_of(
        asked, [&](std::string_view scope) { return std::ranges::binary_search(granted, scope); });
}

/// True if it is one of the organizations, or none is named.
inline bool organization_allowed(std::span<const std::string_view> named,
                                 std::string_view organization) {
    return named.empty() || std::ranges::find(named, organization) != named.end();
}

} // namespace latchkey::auth
