#include "auth/api_key/key_checks.hpp"

#include "auth/checks.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>

namespace latchkey::auth {

std::optional<std::string> check_key_scopes(std::span<const std::string> scopes) {
    if (auto wrong = check_scopes(scopes)) return wrong;
    const auto unknown = find_unknown_caller_scope(scopes);
    if (!unknown) return std::nullopt;
    return "field \"scopes\" must not hold \"" + *unknown + "\": the scopes of callers are " +
           caller_scopes::all_names();
}

std::optional<std::string> check_expires_in(core::seconds time) {
    if (time >= core::seconds(1) && time <= expires_in_max) return std::nullopt;
    return "field \"expires_in\" must be from 1 to " + std::to_string(expires_in_max.count()) +
           " seconds";
}

} // namespace latchkey::auth
