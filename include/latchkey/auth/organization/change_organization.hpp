#pragma once
// The operator's change of an organization.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/store.hpp>

namespace latchkey::auth {

/// Checks the input, changes the organization, and ends once this process has applied it; the feed
/// tells the other nodes. While an organization is disabled, none of its credentials and tokens is
/// good. The failure `invalid` names the field and what it must be, `not_found` the organization.
/// Control thread.
operation<organization> change_organization(lifecycle_store&, change_sink&, organization_change,
                                            operator_request& by);

/// Fails with `not_found`.
operation<organization> show_organization(lifecycle_store&, const change_sink&, std::string id,
                                          std::optional<std::string> only_organization);

} // namespace latchkey::auth
