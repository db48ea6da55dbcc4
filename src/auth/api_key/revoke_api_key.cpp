#include <latchkey/auth/api_key/revoke_api_key.hpp>

#include "auth/checks.hpp"

namespace latchkey::auth {

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones.
void revoke_api_key(lifecycle_store& store, change_sink& changes, revocation_request asked,
                    lifecycle_store::completion<revoked_api_key> done) {
    if (asked.reason && asked.reason->empty()) asked.reason.reset();
    if (asked.reason)
        if (auto wrong = check_reason(*asked.reason))
            return done(core::failure{core::failure_kind::invalid, *wrong});
    const auto obey = [&changes, done = std::move(done)](core::result<revoked_api_key> outcome) {
        if (!outcome) return done(std::move(outcome));
        change_set change;
        change.api_keys.push_back(outcome->key_hash);
        change.revocations.push_back({{revocation_kind::credential,
                                       {},
                                       outcome->key_id,
                                       {},
                                       {},
                                       outcome->revoked_at,
                                       credential_kind::api_key},
                                      false});
        changes.apply(change, [done, outcome = std::move(outcome)] { done(outcome); });
    };
    store.revoke_api_key(std::move(asked), obey);
}

} // namespace latchkey::auth
