#include <latchkey/auth/api_key/import_api_keys.hpp>

#include "auth/cache/applied.hpp"

#include <utility>

namespace latchkey::auth {

operation<std::vector<import_report>> import_api_keys(key_import_store& store, change_sink& changes,
                                                      key_import_request asked,
                                                      operator_request& by) {
    std::vector<import_report> out(asked.keys.size());
    std::vector<std::size_t> places;
    std::vector<key_by_hash> good;
    for (std::size_t i = 0; i < asked.keys.size(); ++i) {
        auto read = read_key(asked.keys[i], asked.format, asked.organization_id);
        if (!read) {
            out[i].outcome.why = read.error().message;
            continue;
        }
        out[i].stripped = std::move(read->stripped);
        places.push_back(i);
        good.push_back(std::move(read->key));
    }
    if (good.empty()) co_return out;

    std::vector<core::fingerprint> hashes;
    for (const auto& key : good)
        hashes.push_back(key.key_hash);
    auto stored = co_await store.import_api_keys(std::move(good), asked.dry_run, by);
    if (!stored) co_return stored.error();
    change_set change;
    for (std::size_t i = 0; i < places.size() && i < stored->size(); ++i) {
        if ((*stored)[i].outcome == import_outcome::created) change.api_keys.push_back(hashes[i]);
        out[places[i]].outcome = std::move((*stored)[i]);
    }
    if (!asked.dry_run && !change.api_keys.empty()) co_await applied(changes, change);
    co_return out;
}

operation<std::vector<adopted_key>> adopt_api_keys(key_import_store& store, change_sink& changes,
                                                   key_page page, bool dry_run,
                                                   operator_request& by) {
    auto adopted = co_await store.adopt_api_keys(std::move(page), dry_run, by);
    if (!adopted || dry_run) co_return adopted;
    change_set change;
    for (const auto& key : *adopted)
        if (!key.stripped.empty() && !key.busy) change.api_keys.push_back(key.key_hash);
    if (!change.api_keys.empty()) co_await applied(changes, change);
    co_return adopted;
}

} // namespace latchkey::auth
