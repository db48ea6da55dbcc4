#include <latchkey/auth/revoke_api_key.hpp>

#include <latchkey/auth/checks.hpp>

#include <utility>

namespace latchkey::auth {

void revoke_api_key(lifecycle_store& store, change_applier& applier, revocation asked,
                    lifecycle_store::completion<revoked_api_key> done) {
    auto wrong = check_identifier("key_id", asked.key_id);
    if (!wrong && asked.reason) wrong = check_name("reason", *asked.reason);
    // The mirror of the old arrays marks by it what may come back (0003).
    if (!wrong && asked.reason == "removed from organizations.api_keys")
        wrong = "field \"reason\" must not be the one that the mirrored arrays use";
    if (wrong) return done(core::failure{core::failure_kind::invalid, *wrong});
    const auto apply = [&applier, done = std::move(done)](core::result<revoked_api_key> outcome) {
        if (!outcome) return done(std::move(outcome));
        change_set changes;
        changes.api_keys.push_back(outcome->key_hash);
        applier.apply(changes, [done, outcome = std::move(outcome)] { done(outcome); });
    };
    store.revoke_api_key(std::move(asked), apply);
}

} // namespace latchkey::auth
