#pragma once
// Whose objects the asker may see and change.

#include <latchkey/api/principal.hpp>
#include <latchkey/auth/objects/object_list.hpp>
#include <latchkey/auth/organization/organization_form.hpp>
#include <latchkey/http/exchange.hpp>

#include <optional>
#include <string>

namespace latchkey::api {

/// The only organization, spelled as the database spells it; nullopt: of all organizations. Objects
/// of others are not there.
inline std::optional<std::string> only_organization(const http::exchange& ex) {
    const auto bound = organization_bound(ex);
    if (!bound) return std::nullopt; // such as for the operator on the admin socket
    return std::string(*bound);
}

/// Puts the only organization in the place of the one that the page asks for. Returns false if the
/// page asks for another one, or for a text that is no organization's id: nothing is there.
inline bool limit_to(auth::object_page& page, const std::optional<std::string>& only,
                     auth::organization_form form) {
    if (page.organization_id) {
        page.organization_id = auth::canonical_organization(*page.organization_id, form);
        if (!page.organization_id) return false;
        if (only && *page.organization_id != auth::comparable_organization(*only, form))
            return false;
    }
    if (only) page.organization_id = only;
    return true;
}

} // namespace latchkey::api
