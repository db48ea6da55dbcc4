#include <latchkey/auth/api_key/rotate_api_key.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/crypto/digest.hpp>

#include <string_view>
#include <utility>

namespace latchkey::auth {

namespace {

// What stands between the first two underscores: "live" of "lk_live_Ab3d".
std::string env_of(const std::optional<std::string>& hint) {
    constexpr std::string_view prefix = "lk_";
    const auto end = hint ? hint->find('_', prefix.size()) : std::string::npos;
    if (end == std::string::npos || !hint->starts_with(prefix)) return "live";
    return hint->substr(prefix.size(), end - prefix.size());
}

} // namespace

// The id is not checked: the older service's ids may have any form, and the store reports unknown
// ones. The answer is made of what was shown before, so that nothing can fail once the old secret
// retires.
operation<key_with_secret> rotate_api_key(lifecycle_store& store, change_sink& changes,
                                          rotate_api_key_request asked, operator_request& by) {
    if (auto wrong = check_overlap(asked.overlap)) co_return invalid(*wrong);
    auto shown = co_await store.show_api_key(asked.key_id, asked.only_organization);
    if (!shown) co_return shown.error();
    auto key = generate_api_key(env_of(shown->hint));
    if (!key) co_return key.error();
    key_rotation rotation;
    rotation.key_id = std::move(asked.key_id);
    rotation.only_organization = std::move(asked.only_organization);
    rotation.key_hash = crypto::sha256(key->reveal());
    rotation.hint = hint_of(key->reveal());
    rotation.overlap = asked.overlap;
    shown->key_hash = rotation.key_hash;
    shown->hint = rotation.hint;

    const auto rotated = co_await store.rotate_api_key(std::move(rotation), by);
    if (!rotated) co_return rotated.error();
    shown->previous.reset();
    if (rotated->previous_until) shown->previous = previous_generation{*rotated->previous_until};
    change_set change;
    change.api_keys = rotated->hashes;
    co_await applied(changes, change);
    co_return key_with_secret{std::move(*key), std::move(*shown)};
}

operation<stored_api_key> finish_key_rotation(lifecycle_store& store, change_sink& changes,
                                              std::string key_id,
                                              std::optional<std::string> only_organization,
                                              operator_request& by) {
    const auto finished = co_await store.finish_key_rotation(key_id, only_organization, by);
    if (!finished) co_return finished.error();
    change_set change;
    change.api_keys = finished->hashes;
    co_await applied(changes, change);
    co_return co_await store.show_api_key(std::move(key_id), std::move(only_organization));
}

} // namespace latchkey::auth
