#include <latchkey/auth/api_key/rotate_api_key.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/crypto/digest.hpp>

#include <utility>

namespace latchkey::auth {

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones.
operation<key_with_secret> rotate_api_key(lifecycle_store& store, change_sink& changes,
                                          rotate_api_key_request asked, operator_request& by) {
    if (auto wrong = check_overlap(asked.overlap)) co_return invalid(*wrong);
    auto key = generate_api_key(asked.env);
    if (!key) co_return key.error();
    key_rotation rotation{std::move(asked.key_id), std::move(asked.only_organization),
                          crypto::sha256(key->reveal()), asked.overlap};

    auto now = co_await store.rotate_api_key(std::move(rotation), by);
    if (!now) co_return now.error();
    change_set change;
    change.api_keys = now->hashes;
    co_await applied(changes, change);
    co_return key_with_secret{std::move(*key), std::move(*now)};
}

operation<rotated_api_key> finish_key_rotation(lifecycle_store& store, change_sink& changes,
                                               std::string key_id,
                                               std::optional<std::string> only_organization,
                                               operator_request& by) {
    auto now =
        co_await store.finish_key_rotation(std::move(key_id), std::move(only_organization), by);
    if (!now) co_return now;
    change_set change;
    change.api_keys = now->hashes;
    co_await applied(changes, change);
    co_return now;
}

} // namespace latchkey::auth
