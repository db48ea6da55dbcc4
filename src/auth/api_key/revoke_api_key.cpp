#include <latchkey/auth/api_key/revoke_api_key.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

namespace latchkey::auth {

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones.
operation<revoked_api_key> revoke_api_key(lifecycle_store& store, change_sink& changes,
                                          revocation_request asked, operator_request& by) {
    if (asked.reason && asked.reason->empty()) asked.reason.reset();
    if (asked.reason)
        if (auto wrong = check_reason(*asked.reason)) co_return invalid(*wrong);

    auto revoked = co_await store.revoke_api_key(std::move(asked), by);
    if (!revoked) co_return revoked;
    change_set change;
    change.api_keys.push_back(revoked->key_hash);
    if (revoked->previous_hash) change.api_keys.push_back(*revoked->previous_hash);
    change.revocations.push_back(
        revoked_credential(credential_kind::api_key, revoked->key_id, revoked->revoked_at));
    co_await applied(changes, change);
    co_return revoked;
}

} // namespace latchkey::auth
