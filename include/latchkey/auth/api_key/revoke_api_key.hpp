#pragma once
// The operator's revocation of an API key.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/store.hpp>

namespace latchkey::auth {

/// Checks the reason, revokes the key, and ends once this process has applied the change; the
/// feed tells the other nodes. An empty reason counts as none. The failure `invalid` names the
/// field and what it must be, `not_found` the key. Control thread.
operation<revoked_api_key> revoke_api_key(lifecycle_store&, change_sink&, revocation_request,
                                          operator_request& by);

} // namespace latchkey::auth
