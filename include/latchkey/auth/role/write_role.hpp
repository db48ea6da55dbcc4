#pragma once
// The operator's changes of roles. Each checks the input, makes the change, and ends once this
// process asks the database anew for the organization's credentials; tokens that end by it are told
// by the feed, to this node as to the others. The failure `invalid` names the field and what it
// must be. Control thread.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/role/role_store.hpp>

namespace latchkey::auth {

/// Makes its id.
operation<role> create_role(role_store&, new_role, operator_request& by);
operation<role> change_role(role_store&, change_sink&, role_change, operator_request& by);
operation<role> delete_role(role_store&, change_sink&, std::string role_id,
                            std::optional<std::string> only_organization, operator_request& by);
operation<role_grant> grant_role(role_store&, change_sink&, role_holding, operator_request& by);
operation<role_grant> ungrant_role(role_store&, change_sink&, role_holding, operator_request& by);

} // namespace latchkey::auth
