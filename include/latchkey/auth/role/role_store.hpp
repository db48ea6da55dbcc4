#pragma once
// Roles as operators see and change them: a role is a named list of scopes of one organization,
// whose keys and devices may be granted it. Who holds a role has its scopes besides its own.

#include <latchkey/auth/credential_kind.hpp>
#include <latchkey/auth/objects/object_list.hpp>
#include <latchkey/auth/operator_request.hpp>
#include <latchkey/auth/store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

struct role {
    std::string role_id{};
    std::string organization_id{};
    std::string name{};
    std::vector<std::string> scopes{};
    std::int64_t keys = 0; ///< that it is granted to
    std::int64_t devices = 0;
    core::real_time created_at{};
};

struct new_role {
    std::string role_id{};
    std::string organization_id{};
    std::string name{};
    std::vector<std::string> scopes{};
};

/// Names what changes.
struct role_change {
    std::string role_id{};
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
    std::optional<std::string> name{};
    std::optional<std::vector<std::string>> scopes{};
};

/// A role and a key or device.
struct role_holding {
    std::string role_id{};
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
    credential_kind kind = credential_kind::api_key;
    std::string holder_id{};
};

struct role_grant {
    std::string role_id{};
    std::string organization_id{};
    std::string name{};   ///< of the role
    bool changed = false; ///< false: it was so before
};

/// Of a list.
struct granted_holder {
    credential_kind kind = credential_kind::api_key;
    std::string holder_id{};
    core::real_time granted_at{};
};

/// Lives on the control thread. Each fails with `not_found` for an unknown role.
class role_store {
  public:
    virtual ~role_store() = default;
    /// Fails with `not_found` for an unknown organization, and with `conflict` if it has a role of
    /// that name.
    virtual operation<role> create_role(new_role, operator_request& by) = 0;
    virtual operation<found_page<role>> list_roles(object_page) = 0;
    virtual operation<role> show_role(std::string role_id,
                                      std::optional<std::string> only_organization) = 0;
    /// Fails with `conflict` if the organization has another role of that name.
    virtual operation<role> change_role(role_change, operator_request& by) = 0;
    /// Takes its grants along.
    virtual operation<role> delete_role(std::string role_id,
                                        std::optional<std::string> only_organization,
                                        operator_request& by) = 0;
    /// Fails with `not_found` for a holder that is not of the role's organization, and with
    /// `conflict` if it would have more than roles_max.
    virtual operation<role_grant> grant_role(role_holding, operator_request& by) = 0;
    virtual operation<role_grant> ungrant_role(role_holding, operator_request& by) = 0;
    virtual operation<found_page<granted_holder>>
    list_role_grants(std::string role_id, std::optional<std::string> only_organization,
                     object_page) = 0;
};

} // namespace latchkey::auth
