#pragma once
// The operator's creation of an organization.

#include <latchkey/auth/store.hpp>

namespace latchkey::auth {

/// Checks the input and makes the organization. The failure `invalid` names the field and what it
/// must be. Control thread.
operation<organization> create_organization(lifecycle_store&, new_organization,
                                            operator_request& by);

} // namespace latchkey::auth
