#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access cache_at = at<&configuration::cache, Field>;

using cache = auth::cache_configuration;

constexpr setting rows[] = {
    {"cache.ttl", duration(1s, 24h), cache_at<&cache::ttl>,
     "How long an answer of the database is cached. An entry that is used in the last tenth of\n"
     "this time is refreshed in the background. Revocations take effect at once all the same.",
     reloadable},
    {"cache.negative_ttl", duration(1ms, 1h), cache_at<&cache::negative_ttl>,
     "How long it is cached that a key does not exist.", reloadable},
    {"cache.max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::max_bytes>,
     "Memory for cached keys: entries, tables, and removed entries that may still be read."},
    {"cache.device_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB),
     cache_at<&cache::device_max_bytes>, "Memory for cached devices."},
    {"cache.negative_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB),
     cache_at<&cache::negative_max_bytes>,
     "Memory for negative entries of keys, and the same again for those of devices. It is apart\n"
     "from the other caches, so that a flood of unknown keys evicts no good one."},
    {"cache.token_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::token_max_bytes>,
     "Memory for tokens whose signature was checked."},
    {"cache.proof_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::proof_max_bytes>,
     "Memory, apart from token_max_bytes, for tokens with a good signature that are not valid:\n"
     "they are expired, or their claims do not fit their issuer. If such a token is presented\n"
     "again, its signature is not checked again."},
    {"cache.proof_ttl", duration(1s, 1h), cache_at<&cache::proof_ttl>,
     "How long the good signature of such a token is remembered."},
    {"cache.remembered_for", duration(1h, 7 * 24h), cache_at<&cache::remembered_for>,
     "How long each node remembers what was revoked or disabled, so that it can tell a database\n"
     "that has lost it: by a fail-over to a standby that was behind, or by a restore. After such\n"
     "a change it is remembered until the database has it again."},
    {"cache.remembered_max_bytes", bytes(1 * MiB, 1024 * 1024 * MiB),
     cache_at<&cache::remembered_max_bytes>,
     "Memory for that: about 42 bytes for each revocation. Past it the oldest are forgotten, and\n"
     "auth_remembered_revocations_forgotten_total counts them."},
    {"cache.revocations_max", count(1000, 1'000'000'000), cache_at<&cache::revocations_max>,
     "Revocations of tokens in memory, of about 60 bytes each. If the database has more, all\n"
     "tokens that can be revoked get 503."},
    {"cache.max_staleness", duration(100ms, 1h), cache_at<&cache::max_staleness>,
     "The longest time without news from the database. Past it, nothing cached is used, and what\n"
     "cannot be looked up gets 503. No revoked key is accepted for longer than this."},
    {"cache.flight_timeout", duration(10ms, 1min), cache_at<&cache::flight_timeout>,
     "Time for one look-up, however many requests wait for it. An answer that arrives later is\n"
     "dropped."},
};

} // namespace

std::span<const setting> cache_section() {
    return rows;
}

} // namespace latchkey::server::settings
