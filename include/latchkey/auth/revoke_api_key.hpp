#pragma once

#include <latchkey/auth/change_applier.hpp>
#include <latchkey/auth/store.hpp>

namespace latchkey::auth {

/// Checks the input, revokes the key, and completes once this process obeys; the other nodes hear
/// of it by the feed. `invalid` names the field and what it must be. Control thread.
void revoke_api_key(lifecycle_store&, change_applier&, revocation,
                    lifecycle_store::completion<revoked_api_key>);

} // namespace latchkey::auth
