#pragma once

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/auth/permission_expression.hpp>

#include <algorithm>
#include <cstddef>
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

/// Cuts the first segment off a scope or a permission's name. Returns it with the separator behind
/// it, which the last segment has not.
inline std::string_view cut_segment(std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && text[end] != '.' && text[end] != ':')
        ++end;
    const auto first = text.substr(0, end + 1);
    text.remove_prefix(first.size());
    return first;
}

/// True if the granted scope gives the permission: it is spelled alike, or has segments "*", of
/// which each stands for one segment, and the last one for all segments that are left, at least
/// one. What begins with "latchkey:" is given by no "*".
inline bool gives(std::string_view scope, std::string_view permission) {
    if (scope == permission) return true;
    if (scope.find('*') == scope.npos || is_reserved_scope(permission)) return false;
    while (!permission.empty()) {
        const auto granted = cut_segment(scope);
        if (granted == "*") return true;
        const auto asked = cut_segment(permission);
        const bool any = granted == "*." || granted == "*:";
        if (any ? granted.back() != asked.back() : granted != asked) return false;
    }
    return scope.empty();
}

/// True if there is no expression, or if it holds with the granted scopes.
inline bool permissions_granted(std::span<const std::string> granted,
                                const permission_expression* asked) {
    return !asked || asked->holds([&](std::string_view permission) {
        return std::ranges::any_of(
            granted, [&](std::string_view scope) { return gives(scope, permission); });
    });
}

/// True if it is one of the organizations, or none is named.
inline bool organization_allowed(std::span<const std::string_view> named,
                                 std::string_view organization) {
    return named.empty() || std::ranges::find(named, organization) != named.end();
}

} // namespace latchkey::auth
